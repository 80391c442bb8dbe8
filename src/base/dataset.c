#include "base/memory.h"
#include "mlp.h"

void mlp_dataset_free(struct mlp_dataset *dataset)
{
    if (!dataset)
        return;
    struct mlp_images *sets[2] = {&dataset->train, &dataset->test};
    for (int i = 0; i < 2; i++) {
        memory_free(sets[i]->pixels);
        memory_free(sets[i]->labels);
        *sets[i] = (struct mlp_images){0};
    }
}
