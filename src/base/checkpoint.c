#include "base/memory.h"
#include "mlp.h"

#include <stdlib.h>

void mlp_checkpoint_free(struct mlp_checkpoint *checkpoint)
{
    if (checkpoint == NULL)
        return;
    for (int i = 0; i < MLP_CHECKPOINT_ARRAYS; i++)
        memory_free(checkpoint->arrays[i]);
    free(checkpoint);
}
