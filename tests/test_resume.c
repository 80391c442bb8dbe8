/* test_resume.c - a training that is interrupted, saved and gone on with ends with the bits of one
 * that never was. */
#include "net/net.h"
#include "npz_files.h"
#include "toy.h"
#include "train/checkpoint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *resume_suite(void);

enum { EPOCHS = 5 };

static const struct course {
    const char *name;
    enum mlp_precision precision;
    struct mlp_train_options options; /* what differs from toy_options */
} courses[] = {
    {"sgd", MLP_F32, {.optimizer = MLP_SGD}},
    {"momentum, bf16", MLP_BF16, {.optimizer = MLP_MOMENTUM}},
    {"nesterov, averaged, cosine",
     MLP_F32,
     {.optimizer = MLP_NESTEROV, .schedule = MLP_COSINE, .warmup = 1.5f, .ema = 0.9f}},
    {"adamw, clipped, dropout, distorted",
     MLP_F32,
     {.optimizer = MLP_ADAMW,
      .weight_decay = 0.1f,
      .clip_norm = 0.5f,
      .dropout = 0.2f,
      .augment = MLP_AUGMENT_ELASTIC}},
    {"averaged, best epoch, bf16",
     MLP_BF16,
     {.optimizer = MLP_SGD, .ema = 0.8f, .validation = 100, .early_stop = 2, .eval_every = 1}},
    {"best of epochs with the same accuracy",
     MLP_F32,
     {.learning_rate = 0.5f, .validation = 100, .early_stop = 3, .eval_every = 1}},
};
enum { N_COURSES = sizeof courses / sizeof courses[0] };

/* A training that may stop itself, and what it told. */
struct run {
    volatile sig_atomic_t stop;
    uint64_t last_step; /* stops after it; 0: never */
    uint32_t n_saves;
    struct mlp_epoch_report reports[EPOCHS + 1]; /* by epoch */
};

static void on_step(void *context, const struct mlp_step_report *report)
{
    struct run *run = context;
    if (run->last_step != 0 && report->step >= run->last_step)
        run->stop = 1;
}

static void on_epoch(void *context, const struct mlp_epoch_report *report)
{
    struct run *run = context;
    run->reports[report->epoch] = *report;
}

/* To npz_path. */
static void on_save(void *context, const struct mlp_net *net,
                    const struct mlp_checkpoint *checkpoint)
{
    struct run *run = context;
    struct mlp_model model;
    struct mlp_error error;
    ck_assert_int_eq(mlp_model_new(&model, toy_widths, TOY_LAYERS, NULL), MLP_OK);
    ck_assert_int_eq(mlp_net_store(net, &model), MLP_OK);
    model.checkpoint = (struct mlp_checkpoint *)checkpoint;
    ck_assert_msg(mlp_model_write(&model, npz_path, &error) == MLP_OK, "%s", error.found);
    model.checkpoint = NULL;
    mlp_model_free(&model);
    run->n_saves++;
}

static struct mlp_train_options options_of(const struct course *course, struct run *run,
                                           int n_threads)
{
    struct mlp_train_options usual = toy_options(), o = course->options;
    o.n_epochs = EPOCHS;
    o.batch = usual.batch;
    if (o.learning_rate == 0)
        o.learning_rate = o.optimizer == MLP_ADAMW ? 0.003f : 0.05f;
    o.momentum = usual.momentum;
    o.beta2 = usual.beta2;
    o.epsilon = usual.epsilon;
    o.augment_strength = usual.augment_strength;
    o.seed = usual.seed;
    o.n_threads = n_threads;
    o.context = run;
    o.stop = &run->stop;
    o.on_step = on_step;
    o.on_epoch = on_epoch;
    o.on_save = on_save;
    return o;
}

/* From the beginning, or from npz_path. The caller frees the parameters. */
static float *train(const struct course *course, struct run *run, bool resume, int n_threads,
                    enum mlp_status wanted)
{
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = options_of(course, run, n_threads);
    struct mlp_model model = {0};
    struct mlp_net *net = toy_net();
    mlp_net_use_precision(net, course->precision);
    if (resume) {
        ck_assert_int_eq(mlp_model_read(&model, npz_path, NULL), MLP_OK);
        ck_assert_ptr_nonnull(model.checkpoint);
        ck_assert_int_eq(mlp_net_load(net, &model), MLP_OK);
        options.resume = model.checkpoint;
    }
    struct mlp_error error = {0};
    enum mlp_status status = mlp_train(net, &dataset, &options, &error);
    ck_assert_msg(status == wanted, "%s: status %d, %s", course->name, (int)status, error.found);
    size_t n;
    float *parameters = toy_parameters(net, &n);
    mlp_model_free(&model);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
    return parameters;
}

static size_t n_parameters(void)
{
    struct mlp_net *net = toy_net();
    size_t n = mlp_net_n_parameters(net);
    mlp_net_free(net);
    return n;
}

static void expect_same_reports(const struct course *course, const struct run *want,
                                const struct run *got, uint64_t step)
{
    for (uint32_t e = 1; e <= EPOCHS; e++) {
        const struct mlp_epoch_report *a = &want->reports[e], *b = &got->reports[e];
        if (b->epoch == 0 && a->epoch != 0 && e <= step / 4)
            continue; /* it was finished before */
        ck_assert_msg(a->epoch == b->epoch && a->train_loss == b->train_loss &&
                          a->train_accuracy == b->train_accuracy && a->kept == b->kept &&
                          a->validation_loss == b->validation_loss,
                      "%s: epoch %u differs after a stop at step %u", course->name, e,
                      (unsigned)step);
    }
}

/* Twice, the second time a few steps later: in the middle of epochs, and between two. */
START_TEST(the_bits_are_those_of_a_training_in_one_go)
{
    const struct course *course = &courses[_i];
    struct run whole = {0};
    float *want = train(course, &whole, false, 1, MLP_OK);
    ck_assert_uint_eq(whole.n_saves, 0);
    uint64_t per_epoch = course->options.validation > 0 ? 4 : 5;
    for (uint64_t step = per_epoch; step <= 2 * per_epoch; step++) {
        struct run first = {.last_step = step}, second = {.last_step = step + 2}, third = {0};
        free(train(course, &first, false, 2, MLP_E_STOPPED));
        ck_assert_uint_eq(first.n_saves, 1);
        free(train(course, &second, true, 1, MLP_E_STOPPED));
        ck_assert_uint_eq(second.n_saves, 1);
        float *got = train(course, &third, true, 3, MLP_OK);
        ck_assert_msg(memcmp(got, want, n_parameters() * sizeof *got) == 0,
                      "%s: other weights after a stop at step %u", course->name, (unsigned)step);
        expect_same_reports(course, &whole, &third, step + 3);
        free(got);
    }
    free(want);
}
END_TEST

static void stop_after_3(void *context, const struct mlp_epoch_report *report)
{
    struct run *run = context;
    run->stop = report->epoch == 3;
}

/* What is saved between epochs has no weights but those that count. */
START_TEST(saves_as_often_as_asked)
{
    struct run run = {0};
    struct mlp_dataset dataset = toy_dataset();
    struct mlp_train_options options = options_of(&courses[0], &run, 1);
    struct mlp_net *net = toy_net();
    options.save_every = 1e-9;
    ck_assert_int_eq(mlp_train(net, &dataset, &options, NULL), MLP_OK);
    ck_assert_uint_eq(run.n_saves, EPOCHS - 1); /* the end is for the caller */
    struct mlp_model model = {0};
    ck_assert_int_eq(mlp_model_read(&model, npz_path, NULL), MLP_OK);
    ck_assert_uint_eq(model.checkpoint->step, (EPOCHS - 1) * 5);
    for (int i = 0; i < MLP_CHECKPOINT_ARRAYS; i++)
        ck_assert_ptr_null(model.checkpoint->arrays[i]);
    mlp_model_free(&model);
    mlp_net_free(net);

    run = (struct run){0};
    options.save_every = 3600;
    net = toy_net();
    ck_assert_int_eq(mlp_train(net, &dataset, &options, NULL), MLP_OK);
    ck_assert_uint_eq(run.n_saves, 0);
    mlp_net_free(net);

    run = (struct run){0}; /* 0: only when stopped */
    options.save_every = 0;
    options.on_epoch = stop_after_3;
    net = toy_net();
    ck_assert_int_eq(mlp_train(net, &dataset, &options, NULL), MLP_E_STOPPED);
    ck_assert_uint_eq(run.n_saves, 1);
    mlp_net_free(net);
    toy_dataset_free(&dataset);
}
END_TEST

/* A wish to stop in the last step of all, here of the epoch after which early stopping gives up. */
START_TEST(an_end_that_was_reached_is_no_interruption)
{
    struct course course = courses[4];
    course.options.early_stop = 1;
    course.options.learning_rate = 2;
    struct run whole = {0};
    float *want = train(&course, &whole, false, 1, MLP_OK);
    uint32_t last = EPOCHS;
    while (last > 0 && whole.reports[last].epoch == 0)
        last--;
    ck_assert_uint_lt(last, EPOCHS);
    struct run late = {.last_step = (uint64_t)4 * last - 1};
    float *got = train(&course, &late, false, 1, MLP_OK);
    ck_assert_uint_eq(late.n_saves, 0);
    ck_assert_mem_eq(got, want, n_parameters() * sizeof *got);
    free(got);
    late = (struct run){.last_step = (uint64_t)4 * last - 2};
    free(train(&course, &late, false, 1, MLP_E_STOPPED));
    ck_assert_uint_eq(late.n_saves, 1);
    late = (struct run){0};
    got = train(&course, &late, true, 1, MLP_OK);
    ck_assert_mem_eq(got, want, n_parameters() * sizeof *got);
    ck_assert_uint_eq(late.reports[last].epoch, last);
    free(got);
    free(want);
}
END_TEST

/* Files take finite numbers alone: what could not be read again is not written. */
START_TEST(what_is_not_finite_is_no_checkpoint)
{
    struct mlp_net *net = toy_net(), *good = toy_net();
    struct mlp_train_options options = toy_options();
    struct optimizer optimizer;
    options.optimizer = MLP_ADAMW;
    ck_assert(optimizer_new(&optimizer, net, &options));
    struct mlp_checkpoint *checkpoint = checkpoint_new(net, good, &optimizer);
    ck_assert_ptr_nonnull(checkpoint);
    ck_assert_ptr_nonnull(checkpoint->arrays[MLP_CHECKPOINT_V]);
    mlp_checkpoint_free(checkpoint);
    optimizer.v[3] = INFINITY;
    ck_assert_ptr_null(checkpoint_new(net, good, &optimizer));
    optimizer.v[3] = 0;
    net->parameters[0] = NAN;
    ck_assert_ptr_null(checkpoint_new(net, good, &optimizer));
    optimizer_free(&optimizer);
    mlp_net_free(net);
    mlp_net_free(good);
}
END_TEST

/* Each lie of a checkpoint, and the word of the message. */
START_TEST(a_checkpoint_that_does_not_fit_is_refused)
{
    static const struct {
        const char *word;
        size_t offset, size;
        uint64_t value;
    } lies[] = {
#define LIE(word, field, value)                                                                    \
    {word, offsetof(struct mlp_checkpoint, field), sizeof((struct mlp_checkpoint *)NULL)->field,   \
     value}
        LIE("parameters", n_parameters, 1), LIE("epochs", n_epochs, EPOCHS + 1),
        LIE("steps", step, EPOCHS * 5 + 1), LIE("steps", step, UINT64_MAX),
        LIE("recognised", n_correct, 451),  LIE("best epoch", best_epoch, 2),
        LIE("epochs finished", epoch, 2),
#undef LIE
    };
    struct mlp_dataset dataset = toy_dataset();
    float moments[1] = {0};
    for (size_t i = 0; i <= sizeof lies / sizeof lies[0]; i++) {
        bool extra = i == sizeof lies / sizeof lies[0];
        struct run run = {0};
        struct mlp_train_options options = options_of(&courses[0], &run, 1);
        struct mlp_checkpoint checkpoint = {.n_parameters = n_parameters(),
                                            .step = 8,
                                            .epoch = 1,
                                            .n_epochs = EPOCHS,
                                            .n_correct = 450};
        if (extra)
            checkpoint.arrays[MLP_CHECKPOINT_M] = moments;
        else
            memcpy((char *)&checkpoint + lies[i].offset, &lies[i].value, lies[i].size);
        options.resume = &checkpoint;
        struct mlp_net *net = toy_net();
        struct mlp_error error = {0};
        ck_assert_int_eq(mlp_train(net, &dataset, &options, &error), MLP_E_USAGE);
        const char *word = extra ? "moments" : lies[i].word;
        ck_assert_msg(strstr(error.found, word) != NULL, "'%s' in '%s'", word, error.found);
        mlp_net_free(net);
    }
    toy_dataset_free(&dataset);
}
END_TEST

Suite *resume_suite(void)
{
    Suite *suite = suite_create("resume");
    TCase *tcase = npz_case("training");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, the_bits_are_those_of_a_training_in_one_go, 0, N_COURSES);
    tcase_add_test(tcase, saves_as_often_as_asked);
    tcase_add_test(tcase, an_end_that_was_reached_is_no_interruption);
    tcase_add_test(tcase, what_is_not_finite_is_no_checkpoint);
    tcase_add_test(tcase, a_checkpoint_that_does_not_fit_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
