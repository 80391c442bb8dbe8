/* clip.h - clipping by the norm of all gradients together:
 *
 *     g <- g N / |g| where |g| > N,   |g|^2 = sum over all layers of |dW|^2 + |db|^2
 *                                                          Pascanu et al. 2013, algorithm 1
 *
 * It needs all gradients before the first update, so here they lie in a buffer, and the update goes
 * over them in a phase of its own: the same functions as in the fused path, and the same bits where
 * nothing is clipped. */
#ifndef NET_CLIP_H
#define NET_CLIP_H

#include "base/team.h"
#include "net/optimizer.h"

struct clip {
    struct mlp_net *gradient; /* dW and db, laid out like the net */
    double *squares;          /* a sum for each panel of each layer, and for each db */
    float norm;               /* N */
};

/* clip_new - for nets like this one; false if out of memory. */
bool clip_new(struct clip *clip, const struct mlp_net *net, float norm);
void clip_free(struct clip *clip);

/* clip_measure - this member's share of the squares, of gradients that are complete. */
void clip_measure(struct clip *clip, const struct team *team);

/* clip_update - clips and applies this member's share, when all squares are there. */
void clip_update(struct clip *clip, const struct team *team, struct mlp_net *net,
                 const struct optimizer *optimizer);

#endif
