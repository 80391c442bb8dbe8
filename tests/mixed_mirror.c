#include "mixed_mirror.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

/* To the nearest bf16, halves to even, as a double. */
static double rounded(double x)
{
    int exponent;
    double mantissa = frexp(x, &exponent) * 256; /* 8 significant bits before the point */
    return ldexp(nearbyint(mantissa), exponent - 8);
}

static double *zeros(size_t n)
{
    double *memory = calloc(n, sizeof *memory);
    ck_assert_ptr_nonnull(memory);
    return memory;
}

void mirror_new(struct mirror *m, const struct mlp_net *net, uint32_t batch, const uint32_t *widths)
{
    *m = (struct mirror){.n_layers = net->n_layers, .batch = batch, .widths = widths};
    for (uint32_t l = 0; l <= m->n_layers; l++) {
        m->y[l] = zeros((size_t)batch * widths[l]);
        m->d[l] = zeros((size_t)batch * widths[l]);
        if (l == m->n_layers)
            break;
        const struct net_layer *layer = &net->layers[l];
        m->w[l] = zeros((size_t)widths[l] * widths[l + 1]);
        m->b[l] = zeros(widths[l + 1]);
        for (uint32_t i = 0; i < widths[l]; i++)
            for (uint32_t o = 0; o < widths[l + 1]; o++)
                m->w[l][i * widths[l + 1] + o] = (double)panel_at(&layer->w, i, o / 16)[o % 16];
        for (uint32_t o = 0; o < widths[l + 1]; o++)
            m->b[l][o] = (double)layer->bias[o];
    }
}

void mirror_free(struct mirror *m)
{
    for (uint32_t l = 0; l <= m->n_layers; l++) {
        free(m->y[l]);
        free(m->d[l]);
        if (l < m->n_layers) {
            free(m->w[l]);
            free(m->b[l]);
        }
    }
}

void mirror_forward(struct mirror *m)
{
    for (uint32_t l = 0; l < m->n_layers; l++)
        for (uint32_t s = 0; s < m->batch; s++)
            for (uint32_t o = 0; o < m->widths[l + 1]; o++) {
                double z = 0;
                for (uint32_t i = 0; i < m->widths[l]; i++)
                    z += m->y[l][s * m->widths[l] + i] * rounded(m->w[l][i * m->widths[l + 1] + o]);
                z = z * (l == 0 ? 1.0 / 255 : 1) + m->b[l][o];
                m->y[l + 1][s * m->widths[l + 1] + o] =
                    l + 1 == m->n_layers ? z : rounded(fmax(0, z));
            }
}

double mirror_loss(struct mirror *m, const uint8_t *labels)
{
    uint32_t classes = m->widths[m->n_layers];
    double loss = 0;
    for (uint32_t s = 0; s < m->batch; s++) {
        const double *z = m->y[m->n_layers] + s * classes;
        double sum = 0;
        for (uint32_t c = 0; c < classes; c++)
            sum += exp(z[c]);
        loss += log(sum) - z[labels[s]];
        for (uint32_t c = 0; c < classes; c++)
            m->d[m->n_layers][s * classes + c] =
                rounded((exp(z[c]) / sum - (c == labels[s])) / m->batch);
    }
    return loss;
}

void mirror_backward(struct mirror *m, double rate)
{
    for (uint32_t l = m->n_layers; l-- > 0;) {
        uint32_t inputs = m->widths[l], outputs = m->widths[l + 1];
        for (uint32_t s = 0; s < m->batch && l > 0; s++)
            for (uint32_t i = 0; i < inputs; i++) {
                double sum = 0;
                for (uint32_t o = 0; o < outputs; o++)
                    sum += m->d[l + 1][s * outputs + o] * rounded(m->w[l][i * outputs + o]);
                m->d[l][s * inputs + i] = m->y[l][s * inputs + i] > 0 ? rounded(sum) : 0;
            }
        for (uint32_t o = 0; o < outputs; o++)
            for (uint32_t s = 0; s < m->batch; s++) {
                double d = rate * m->d[l + 1][s * outputs + o];
                m->b[l][o] -= d;
                for (uint32_t i = 0; i < inputs; i++)
                    m->w[l][i * outputs + o] -=
                        d * m->y[l][s * inputs + i] * (l == 0 ? 1.0 / 255 : 1);
            }
    }
}

void mirror_move(struct mirror *m, const uint8_t *labels, double distance)
{
    uint32_t inputs = m->widths[0], outputs = m->widths[1];
    mirror_forward(m);
    mirror_loss(m, labels);
    mirror_backward(m, 0);
    double *g = calloc(inputs, sizeof *g);
    ck_assert_ptr_nonnull(g);
    for (uint32_t s = 0; s < m->batch; s++) {
        double squares = 0;
        for (uint32_t i = 0; i < inputs; i++) {
            g[i] = 0;
            for (uint32_t o = 0; o < outputs; o++)
                g[i] += m->d[1][s * outputs + o] * rounded(m->w[0][i * outputs + o]);
            squares += g[i] * g[i];
        }
        for (uint32_t i = 0; i < inputs && squares > 0; i++)
            m->y[0][s * inputs + i] =
                rounded(m->y[0][s * inputs + i] + 255 * distance * g[i] / sqrt(squares));
    }
    free(g);
}
