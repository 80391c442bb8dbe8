#include "net/activation.h"

#include "base/random.h"

/* One random number for each of 16 rows. */
static void draw_keys(const struct activation *a, uint32_t row, uint32_t keys[PANEL])
{
    struct random_key key = {
        .seed = a->seed, .purpose = RANDOM_DROPOUT, .epoch = a->step, .sample = a->layer};
    for (uint32_t i = 0; i < PANEL; i += 4)
        random_u32x4(&key, (row + i) / 4, keys + i);
}

/* Products read padding, which must be 0; sigmoid(0) is not. */
static void clear_padding(uint32_t used, float *panel)
{
    for (uint32_t r = 0; r < PANEL; r++)
        for (uint32_t c = used; c < PANEL; c++)
            panel[r * PANEL + c] = 0;
}

void activation_forward(const struct activation *a, const struct kernel *kernel, uint32_t row,
                        uint32_t panel, uint32_t n, float *z, size_t z_stride)
{
    float *slope = a->slope == NULL ? NULL : panel_at(a->slope, row, panel);
    size_t slope_stride = a->slope == NULL ? 0 : a->slope->stride;
    kernel->activation[a->function](PANEL, n, z, z_stride, slope, slope_stride);
    if (a->dropout > 0) {
        struct kernel_dropout dropout = {
            .unit = panel * PANEL, .share = a->dropout, .scale = 1 / (1 - a->dropout)};
        draw_keys(a, row, dropout.key);
        kernel->dropout(&dropout, n, z, z_stride, slope, slope_stride);
    }
    if ((panel + n) * PANEL > a->units)
        clear_padding(a->units % PANEL, z + (n - 1) * z_stride);
}

void activation_backward(const struct kernel *kernel, const float *dt, const float *y, float *d)
{
    if (y != NULL)
        kernel->relu_gradient(dt, y, d);
    else
        kernel->slope_gradient(dt, d);
}
