/* onednn_train.h - the trainer's two halves: f32 in onednn_train.c, bf16 in onednn_train_bf16.c. */
#ifndef PEERS_ONEDNN_TRAIN_H
#define PEERS_ONEDNN_TRAIN_H

#include "peer.h"

#include <stdbool.h>

/* onednn_train_bf16 - builds the trainer that the mode names, on this data, for ever; false if it
 * is no mode of bf16. */
bool onednn_train_bf16(const char *mode, const struct peer_data *data,
                       struct peer_commands *commands);

#endif
