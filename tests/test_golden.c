/* test_golden.c - weights after 220 steps of each optimizer with options of learning, known to the
 * last bit: for any kernel with fused multiply-add, any number of threads, any compiler at any -O
 * level. The sums change only when the mathematics does. */
#include "data/nonzeros.h"
#include "kernel/kernel.h"
#include "toy.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *golden_suite(void);

/* The options that differ from those of mlp_train_defaults, and the SHA-256 of the weights. */
static const struct golden {
    const char *name;
    enum mlp_activation activation;
    enum mlp_init init;
    struct mlp_train_options options;
    const char *sha256;
    uint8_t darker; /* by so much, so that most pixels are 0 and are left out of products */
} goldens[] = {
    {"sgd",
     MLP_RELU,
     MLP_HE,
     {.optimizer = MLP_SGD, .learning_rate = 0.1f},
     "a92ead35993722aebbcc4a9e80d4b5759c22f7a16aa0d7f122b86f5a9efc8780",
     0},
    {"sgd, sigmoid, xavier, clipped, linear",
     MLP_SIGMOID,
     MLP_XAVIER,
     {.optimizer = MLP_SGD, .learning_rate = 0.5f, .clip_norm = 0.5f, .schedule = MLP_LINEAR},
     "943e09991fd573f27272f2e386c3a4ab0f791a4d38a1947bd20b5a06e3fa6076",
     0},
    {"momentum",
     MLP_RELU,
     MLP_HE,
     {.optimizer = MLP_MOMENTUM, .learning_rate = 0.02f, .weight_decay = 0.01f},
     "80dd02df32ea9b32e7b55d29873dfbb7f50c522c1590c8b3501b20249d3ad062",
     0},
    {"momentum, tanh, xavier, dropout",
     MLP_TANH,
     MLP_XAVIER,
     {.optimizer = MLP_MOMENTUM, .learning_rate = 0.02f, .dropout = 0.25f},
     "a75972c7e3edaf59b28a0f8ee4c70b1681a3f81fd0a41c2f1fe9edc3b101e7b9",
     0},
    {"nesterov, cosine, averaged",
     MLP_RELU,
     MLP_HE,
     {.optimizer = MLP_NESTEROV,
      .learning_rate = 0.05f,
      .schedule = MLP_COSINE,
      .warmup = 0.5f,
      .ema = 0.99f},
     "856af5a415f4a42d4ceaffbeb944732c62cbc600a5ee3004d8bd6a337284d92c",
     0},
    {"nesterov, leaky ReLU, smoothed, dropout",
     MLP_LEAKY_RELU,
     MLP_HE,
     {.optimizer = MLP_NESTEROV, .learning_rate = 0.02f, .label_smoothing = 0.1f, .dropout = 0.5f},
     "cd14729dad38565e192f3f40c083e986ea48ffbcc5d7fcc20659a86129ee7c56",
     0},
    {"adamw",
     MLP_RELU,
     MLP_HE,
     {.optimizer = MLP_ADAMW, .learning_rate = 0.003f, .weight_decay = 0.05f},
     "2bd0dc89166cec4c5949bc3636c0720af63e0388e7305f3becea3be1882b12fe",
     0},
    {"adamw, everything",
     MLP_GELU,
     MLP_HE,
     {.optimizer = MLP_ADAMW,
      .learning_rate = 0.003f,
      .weight_decay = 0.05f,
      .schedule = MLP_COSINE,
      .warmup = 1,
      .label_smoothing = 0.1f,
      .dropout = 0.1f,
      .ema = 0.995f,
      .clip_norm = 1},
     "55eb8df1c30658ddc33bbcbc94c6de18a20346203ffdaa7fdedba7c9c8c911a1",
     0},
    {"sgd, mostly zeros",
     MLP_RELU,
     MLP_HE,
     {.optimizer = MLP_SGD, .learning_rate = 0.1f},
     "5a10528c4f7f8500be696611166a69683050889d7a4530b7ccc6bc7eaa15b8ba",
     200},
    {"adamw, clipped, mostly zeros",
     MLP_RELU,
     MLP_HE,
     {.optimizer = MLP_ADAMW, .learning_rate = 0.003f, .clip_norm = 1},
     "7412c703441c34edb1a2a6386200b1f5b703bc41790c843d99f36a83c7cf0965",
     200},
    {"nesterov, adversarial",
     MLP_RELU,
     MLP_HE,
     {.optimizer = MLP_NESTEROV, .learning_rate = 0.02f, .adversarial = 0.3f},
     "dabd41a25a1178172accd031ff6b4f82c342c76954645c5b41c25befeeaa2cf4",
     0},
    {"adamw, adversarial, mostly zeros",
     MLP_GELU,
     MLP_HE,
     {.optimizer = MLP_ADAMW,
      .learning_rate = 0.003f,
      .dropout = 0.1f,
      .clip_norm = 1,
      .adversarial = 0.5f},
     "60a9704e24625b4cc436f88e179855747e3cc6ee0cf99781ec24d1c42eb09786",
     200},
};
enum { N_GOLDENS = sizeof goldens / sizeof goldens[0] };

static void darken(struct mlp_images *images, uint8_t by)
{
    size_t n = (size_t)images->n_samples * images->n_rows * images->n_cols;
    for (size_t i = 0; i < n; i++)
        images->pixels[i] = images->pixels[i] > by ? (uint8_t)(images->pixels[i] - by) : 0;
}

static void weights(const struct golden *golden, const char *kernel, int n_threads, char *hex)
{
    struct mlp_dataset dataset = toy_dataset();
    darken(&dataset.train, golden->darker);
    ck_assert(nonzeros_pay(&dataset.train, 0, dataset.train.n_samples) == (golden->darker > 0));
    struct mlp_train_options options = golden->options;
    struct mlp_train_options defaults = mlp_train_defaults();
    options.n_epochs = 5;
    options.batch = 16;
    options.momentum = defaults.momentum;
    options.beta2 = defaults.beta2;
    options.epsilon = defaults.epsilon;
    options.seed = 1;
    options.n_threads = n_threads;
    struct mlp_net *net = toy_net();
    size_t n;
    mlp_net_init(net, golden->init, 1);
    mlp_net_use_activation(net, golden->activation);
    ck_assert_int_eq(mlp_net_use_kernel(net, kernel, NULL), MLP_OK);
    ck_assert_int_eq(mlp_train(net, &dataset, &options, NULL), MLP_OK);
    float *parameters = toy_parameters(net, &n);
    ck_assert(toy_sha256(parameters, n, hex));
    free(parameters);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}

START_TEST(weights_are_known_to_the_last_bit)
{
    static const int threads[] = {1, 2, 3, 7};
    const struct golden *golden = &goldens[_i];
    const struct kernel *kernel;
    for (uint32_t i = 0; (kernel = kernel_table(i)) != NULL; i++)
        for (int t = 0; t < 4 && kernel_serves(kernel, MLP_F32) && kernel->fma; t++) {
            char sum[TOY_SHA256_SIZE];
            weights(golden, kernel->name, threads[t], sum);
            ck_assert_msg(strcmp(sum, golden->sha256) == 0, "%s, %s, %d threads: %s, wanted %s",
                          golden->name, kernel->name, threads[t], sum, golden->sha256);
        }
}
END_TEST

Suite *golden_suite(void)
{
    Suite *suite = suite_create("golden");
    TCase *tests = tcase_create("golden");
    tcase_set_timeout(tests, 240);
    tcase_add_loop_test(tests, weights_are_known_to_the_last_bit, 0, N_GOLDENS);
    suite_add_tcase(suite, tests);
    return suite;
}
