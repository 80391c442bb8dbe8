/* mlp.h - train, evaluate and use fully connected networks on a CPU.
 *
 * The one header that programs need which use the library. Conventions, for all of it:
 *
 *   Letters  B batch, I inputs of a layer, O its outputs, C classes, L layers
 *   Shapes   row-major; W (I,O), b (O), X (B,I); y = x W + b
 *   Pixels   uint8, 0..255; a network sees pixel / 255
 *   Errors   functions that can fail return enum mlp_status and, where the cause lies outside the
 *            program, fill a struct mlp_error (which may be NULL). On error outputs are untouched.
 *   Threads  functions are safe on distinct objects. Results have the same bits for any number of
 *            threads and, in f32, for any kernel with fused multiply-add.
 */
#ifndef MLP_H
#define MLP_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MLP_VERSION "0.1.0"
#define MLP_MUST_USE __attribute__((warn_unused_result))

/* ---- status and errors ------------------------------------------------------------------ */

/* The values 0..6 are also the exit codes of the command line. */
enum mlp_status {
    MLP_OK = 0,
    MLP_E_INTERNAL = 1, /* a broken promise of ours, or of the system */
    MLP_E_USAGE = 2,    /* an argument or option that cannot be */
    MLP_E_DATA = 3,     /* a data file is missing, unreadable or damaged */
    MLP_E_MODEL = 4,    /* the same for a file of weights */
    MLP_E_DIVERGED = 5, /* the loss became infinite or NaN */
    MLP_E_OUTPUT = 6,   /* an output could not be written */
    MLP_E_MEMORY = 7,   /* out of memory (exit code 1) */
    MLP_E_STOPPED = 8   /* asked to stop (exit code 128 + signal) */
};

/* What went wrong, in parts, so that a program can show it its own way. Empty strings and a
 * negative offset mean "does not apply". */
struct mlp_error {
    enum mlp_status status;
    char file[1024];
    int64_t offset_bytes;
    char found[256];
    char wanted[256];
    char hint[384];
};

/* mlp_error_format - one line: "FILE: at byte N: found; wanted ...; hint".
 * Owner    text has room for size bytes; the result is always terminated
 */
void mlp_error_format(const struct mlp_error *error, char *text, size_t size);

/* ---- data ------------------------------------------------------------------------------- */

/* Labelled grey images. Owner: the dataset that holds it. */
struct mlp_images {
    uint32_t n_samples;
    uint32_t n_rows, n_cols;
    uint8_t *pixels; /* (n_samples, n_rows * n_cols) */
    uint8_t *labels; /* (n_samples), 0..n_classes-1 */
};

struct mlp_dataset {
    struct mlp_images train, test;
    uint32_t n_classes;
    uint32_t label_base;  /* what class 0 is called in the files (EMNIST letters: 1) */
    char name[64];        /* "MNIST", "built-in digits", or the folder's name */
    char origin[1024];    /* the folder it came from, or "generated, seed 1" */
    uint64_t fingerprint; /* of all pixels and labels; tells data sets apart, not cryptographic */
};

struct mlp_label_options {
    uint32_t n_classes;  /* 0: the largest after subtraction + 1, each must occur */
    uint32_t label_base; /* subtracted from each label */
};

/* mlp_dataset_read - reads the four IDX files of a folder, raw or gzip, flat or nested as in the
 *                    Kaggle archive, with "-idx" or ".idx" in the names.
 * Owner    the caller frees *dataset with mlp_dataset_free
 * Returns  MLP_OK; MLP_E_DATA if a file is missing or damaged, with file and byte in *error;
 *          MLP_E_USAGE for more than 256 classes or a label_base above 255; MLP_E_MEMORY
 * Source   http://yann.lecun.com/exdb/mnist/, "the IDX file format"
 */
enum mlp_status mlp_dataset_read(struct mlp_dataset *dataset, const char *folder,
                                 const struct mlp_label_options *labels,
                                 struct mlp_error *error) MLP_MUST_USE;

/* mlp_dataset_present - true if the folder holds at least one of the four files (or archive.zip).
 */
bool mlp_dataset_present(const char *folder);

/* mlp_dataset_builtin - draws handwritten-looking digits, 28x28, ten classes, from a seed.
 * Range    n_train and n_test are at least 10
 * Threads  n_threads of them; same bits for any number: yes
 */
enum mlp_status mlp_dataset_builtin(struct mlp_dataset *dataset, uint64_t seed, uint32_t n_train,
                                    uint32_t n_test, int n_threads,
                                    struct mlp_error *error) MLP_MUST_USE;

void mlp_dataset_free(struct mlp_dataset *dataset);

/* ---- model files ------------------------------------------------------------------------ */

/* How a model came to be; stored in the file beside the weights. */
struct mlp_metadata {
    bool present; /* false: a file that another program wrote */
    uint32_t format_version;
    uint64_t seed;
    uint64_t fingerprint; /* of the data set, test images included; 0 if unknown */
    uint32_t n_rows, n_cols;
    uint32_t label_base;
    double train_accuracy, test_accuracy; /* 0..1, negative if unknown */
    char activation[16];                  /* "relu"; mlp_activation_name */
    char dataset[64];
    char recipe[1024];          /* the options that reproduce it */
    double validation_accuracy; /* on the images held out; negative if there were none */
    uint32_t n_test;            /* test images of the data set, 0 if unknown */
};

/* Arrays of a checkpoint. */
enum mlp_checkpoint_array {
    MLP_CHECKPOINT_WEIGHTS, /* in training; NULL: those of the model */
    MLP_CHECKPOINT_AVERAGE, /* of ema; NULL: likewise */
    MLP_CHECKPOINT_M,       /* moments of the update rule; NULL where it keeps none */
    MLP_CHECKPOINT_V,
    MLP_CHECKPOINT_ARRAYS
};

/* What the next step of an interrupted training reads beside a model. Arrays have all parameters,
 * layer after layer W (I,O), then b (O), or are NULL. */
struct mlp_checkpoint {
    uint64_t n_parameters;
    float *arrays[MLP_CHECKPOINT_ARRAYS];
    uint64_t step;      /* updates so far */
    uint32_t epoch;     /* that was finished last */
    uint32_t n_epochs;  /* that were asked for */
    uint64_t n_correct; /* of the epoch in progress, as loss_sum */
    double loss_sum;
    uint32_t best_epoch; /* of the validation split; 0: none yet */
    double best_loss, best_accuracy;
};

/* The parameters of a network as plain arrays: what a file holds. */
struct mlp_model {
    uint32_t n_layers;
    uint32_t *widths; /* (n_layers + 1): inputs, hidden widths, classes */
    float **weights;  /* n_layers arrays (I,O) */
    float **biases;   /* n_layers arrays (O) */
    struct mlp_metadata metadata;
    struct mlp_checkpoint *checkpoint; /* of unfinished training; NULL: none */
};

/* mlp_model_new - allocates zeroed arrays for the widths given (n_layers + 1 of them).
 * Returns  MLP_OK; MLP_E_MEMORY; MLP_E_USAGE if a width is 0 or sizes overflow
 */
enum mlp_status mlp_model_new(struct mlp_model *model, const uint32_t *widths, uint32_t n_layers,
                              struct mlp_error *error) MLP_MUST_USE;
void mlp_model_free(struct mlp_model *model);

/* mlp_checkpoint_free - mlp_model_free calls it; NULL is fine. */
void mlp_checkpoint_free(struct mlp_checkpoint *checkpoint);

/* mlp_model_read - reads W1, b1, W2, b2, ... from an .npz of ours, of np.savez or of
 *                  np.savez_compressed; other names where the shapes leave one way to read them
 *                  (docs/design.md, section 3).
 * Owner    the caller frees *model with mlp_model_free
 * Returns  MLP_OK; MLP_E_MODEL with file and member in *error; MLP_E_MEMORY
 * Source   NEP 1 (.npy, versions 1.0 to 3.0); .npz is a zip archive of them
 */
enum mlp_status mlp_model_read(struct mlp_model *model, const char *path,
                               struct mlp_error *error) MLP_MUST_USE;

/* mlp_model_write - writes an .npz that np.load reads; replaces the file atomically. The same
 *                   model gives the same bytes.
 * Returns  MLP_OK; MLP_E_OUTPUT or MLP_E_MEMORY, and what was at path is still there
 */
enum mlp_status mlp_model_write(const struct mlp_model *model, const char *path,
                                struct mlp_error *error) MLP_MUST_USE;

/* ---- networks --------------------------------------------------------------------------- */

struct mlp_net;

/* The function between layers; equations and papers in src/kernel/activation.h. */
enum mlp_activation { MLP_RELU, MLP_LEAKY_RELU, MLP_GELU, MLP_TANH, MLP_SIGMOID };

/* Weights before training; equations and papers in src/net/parameters.c. */
enum mlp_init { MLP_HE, MLP_XAVIER };

/* mlp_activation_name - "relu", "leaky-relu", "gelu", "tanh", "sigmoid", as in files.
 * mlp_activation_find - the one of that name; false, and *activation untouched, if there is none.
 */
const char *mlp_activation_name(enum mlp_activation activation);
bool mlp_activation_find(const char *name, enum mlp_activation *activation) MLP_MUST_USE;

/* mlp_net_new - a network of dense layers with ReLU between them, He-initialised from the seed:
 *               W ~ N(0, 2/I), b = 0.
 * Shapes   widths (n_layers + 1): inputs, hidden widths, classes
 * Returns  MLP_OK; MLP_E_USAGE if a width is 0 or the network exceeds the machine's memory;
 *          MLP_E_MEMORY
 * Source   He et al. 2015, "Delving deep into rectifiers", eq. 10
 */
enum mlp_status mlp_net_new(struct mlp_net **net, const uint32_t *widths, uint32_t n_layers,
                            uint64_t seed, struct mlp_error *error) MLP_MUST_USE;
void mlp_net_free(struct mlp_net *net);

/* mlp_net_init - new weights from the seed, biases 0. */
void mlp_net_init(struct mlp_net *net, enum mlp_init init, uint64_t seed);

/* mlp_net_use_activation - another function between layers than ReLU. */
void mlp_net_use_activation(struct mlp_net *net, enum mlp_activation activation);
enum mlp_activation mlp_net_activation(const struct mlp_net *net);

uint32_t mlp_net_n_layers(const struct mlp_net *net);
uint32_t mlp_net_width(const struct mlp_net *net, uint32_t layer); /* layer 0: the inputs */
uint64_t mlp_net_n_parameters(const struct mlp_net *net);

/* mlp_net_load - copies a model's parameters into a net of the same widths (MLP_E_USAGE if not),
 *                and uses the activation that its metadata name, if they name one.
 * mlp_net_store - copies them out; *model has the net's widths (mlp_model_new). */
enum mlp_status mlp_net_load(struct mlp_net *net, const struct mlp_model *model) MLP_MUST_USE;
enum mlp_status mlp_net_store(const struct mlp_net *net, struct mlp_model *model) MLP_MUST_USE;

/* ---- machine ---------------------------------------------------------------------------- */

/* Who decided the number of threads. */
enum mlp_threads_source { MLP_THREADS_OPTION, MLP_THREADS_OMP, MLP_THREADS_CORES };

struct mlp_threads {
    int n;       /* use this many */
    int n_cores; /* usable: min(affinity, container quota) */
    int n_asked; /* before capping at n_cores; equal to n if not capped */
    enum mlp_threads_source source;
};

/* mlp_threads_choose - asked > 0, else OMP_NUM_THREADS, else the usable cores; capped at the
 *                      usable cores unless force. */
struct mlp_threads mlp_threads_choose(int asked, bool force);

/* One set of compute kernels, e.g. "avx512". */
struct mlp_kernel_info {
    const char *name;
    const char *needs;     /* CPU features, "AVX2 FMA" */
    bool available;        /* on this CPU, MLP_CPU_DISABLE considered */
    bool bit_reproducible; /* has fused multiply-add: same bits as all the others that do */
    bool only_bf16;        /* has products of bf16 alone */
};

/* mlp_kernel_info - the i-th kernel, best first; false beyond the last one. */
bool mlp_kernel_info(uint32_t i, struct mlp_kernel_info *info);

/* mlp_kernel_default - the name of the best kernel for f32 that this CPU runs. */
const char *mlp_kernel_default(void);

/* What products are made of. Parameters, their updates, losses and sums are f32 in either. */
enum mlp_precision {
    MLP_F32,
    MLP_BF16 /* operands of products rounded to bf16, to nearest even; sums in f32 */
};

/* mlp_net_use_precision - for training and evaluation from here on; a new net has MLP_F32.
 *                         MLP_BF16 takes the best kernel for it (AMX, where the CPU has that),
 *                         unless mlp_net_use_kernel has named one.
 * Threads  bf16 gives the same bits for any number of threads, each kernel for itself
 */
void mlp_net_use_precision(struct mlp_net *net, enum mlp_precision precision);
enum mlp_precision mlp_net_precision(const struct mlp_net *net);

/* mlp_net_use_kernel - name as in mlp_kernel_info; NULL or "auto" for the best.
 * Returns  MLP_OK; MLP_E_USAGE if unknown or not available here, *error says which are
 */
enum mlp_status mlp_net_use_kernel(struct mlp_net *net, const char *name,
                                   struct mlp_error *error) MLP_MUST_USE;
const char *mlp_net_kernel(const struct mlp_net *net);

/* ---- augmentation ----------------------------------------------------------------------- */

/* What is done to each training image, anew in each epoch. Amplitudes at strength 1, for 28x28;
 * their sources stand in src/data/augment.c. */
enum mlp_augmentation {
    MLP_AUGMENT_NONE,
    MLP_AUGMENT_SHIFT,  /* up to 2 whole pixels each way */
    MLP_AUGMENT_AFFINE, /* up to 1 pixel of shift, 15 degrees of rotation, 15 % of scale and shear
                         */
    MLP_AUGMENT_ELASTIC /* affine, and bent by a smooth random field of 0.8 pixels' deviation */
};

/* Larger images, or stronger distortion, would leave the range of the coordinates. */
enum { MLP_AUGMENT_SIDE_MAX = 8192, MLP_AUGMENT_STRENGTH_MAX = 4 };

/* mlp_augment - the variant of an image that training with these options sees in an epoch (1...).
 * Shapes   pixels (n_rows, n_cols); what comes from outside of the image is 0
 * Range    strength 0..MLP_AUGMENT_STRENGTH_MAX: a factor of all amplitudes; 0 changes nothing
 * Owner    pixels may not overlap the images; images->labels are not read
 * Returns  MLP_OK; MLP_E_USAGE if out of range, or a side is above MLP_AUGMENT_SIDE_MAX;
 *          MLP_E_MEMORY
 * Threads  same bits on any machine, with any kernel
 * Source   Simard, Steinkraus and Platt 2003, "Best practices for convolutional neural networks";
 *          Ciresan et al. 2010, "Deep big simple neural nets", section 3
 */
enum mlp_status mlp_augment(const struct mlp_images *images, uint32_t sample,
                            enum mlp_augmentation kind, float strength, uint64_t seed,
                            uint32_t epoch, uint8_t *pixels) MLP_MUST_USE;

/* ---- training --------------------------------------------------------------------------- */

/* One line of the log. Times are of training alone, evaluation apart. */
struct mlp_epoch_report {
    uint32_t epoch; /* 1.. */
    uint32_t n_epochs;
    double train_loss; /* nats, mean over the epoch while weights moved, of images as trained on */
    double train_accuracy; /* 0..1, likewise */
    bool evaluated;        /* the two below are set */
    double test_loss, test_accuracy;
    double seconds;
    double images_per_second;
    bool validated; /* the two below are set */
    double validation_loss, validation_accuracy;
    bool kept; /* if training ended here, the net would have this epoch's weights */
};

struct mlp_progress_report {
    uint32_t epoch, n_epochs;
    uint32_t n_done, n_samples; /* samples of this epoch */
    double loss, accuracy;      /* running means */
    double seconds; /* since the epoch began; more if it was resumed within, at the same speed */
};

/* One step, after it: the loss is that of its batch before its update. */
struct mlp_step_report {
    uint64_t step; /* 0.. since training began */
    double rate;   /* learning rate of its update */
    double loss;   /* nats, mean over the batch */
};

/* How the mean gradient changes the weights; the equations stand in src/kernel/update.h. */
enum mlp_optimizer { MLP_SGD, MLP_MOMENTUM, MLP_NESTEROV, MLP_ADAMW };

/* The learning rate at each step, as a share of its peak; equations in src/train/schedule.c. */
enum mlp_schedule {
    MLP_CONSTANT,
    MLP_STEP,   /* a tenth after half of training, a hundredth after three quarters */
    MLP_LINEAR, /* down to 0 */
    MLP_COSINE, /* down to 0 along half a cosine */
    MLP_RANGE   /* up from rate_low by the same factor each step: see mlp_range_test */
};

struct mlp_train_options {
    uint32_t n_epochs;
    uint32_t batch;      /* B; the last batch of an epoch may be shorter */
    float learning_rate; /* at its peak */
    enum mlp_optimizer optimizer;
    float momentum;     /* mu, or AdamW's beta 1 */
    float beta2;        /* AdamW */
    float epsilon;      /* AdamW, 1e-30 to 1e6 */
    float weight_decay; /* decoupled, of weights and not of biases */
    enum mlp_schedule schedule;
    float warmup; /* epochs in which the rate rises from 0 to its peak */

    /* All are off at 0. */
    float label_smoothing; /* share of a label that all classes share, 0..1; src/kernel/softmax.h */
    float dropout;         /* share of hidden units dropped, 0 to below 1; src/kernel/dropout.h */
    float ema;       /* decay a step of the average of weights that is evaluated and returned, 0 to
                        below 1; src/net/optimizer.h */
    float clip_norm; /* largest norm of all gradients together; src/net/clip.h */
    float adversarial; /* each image is moved by this Euclidean distance, pixels being 0 to 1, to
                        * where its loss rises most, and trained on there; up to 1000;
                        * src/net/adversary.h */

    enum mlp_augmentation augment;
    float augment_strength; /* a factor of its amplitudes, 0..MLP_AUGMENT_STRENGTH_MAX */
    uint64_t seed;          /* of shuffles, dropout and augmentation */
    int n_threads;
    uint32_t eval_every; /* epochs between evaluations on the test set, or, if there is one, on the
                          * validation split alone; 0: never */
    const volatile sig_atomic_t *stop; /* non-zero: stop soon; may be NULL */
    uint32_t validation; /* the last so many training images are held out of training */
    uint32_t early_stop; /* ends after so many epochs without a better validation accuracy (or an
                          * equal one at a lower loss) and keeps the best epoch's weights; 0: off.
                          * Prechelt 1998, "Early stopping - but when?", criterion UP */

    /* Called by the calling thread; either may be NULL. progress comes at most ten times a
     * second, from within the epoch, and must be quick and leave the net alone: other threads are
     * at work on it. */
    void (*on_epoch)(void *context, const struct mlp_epoch_report *report);
    void (*on_progress)(void *context, const struct mlp_progress_report *report);
    void *context;
    void (*on_step)(void *context, const struct mlp_step_report *report); /* as on_progress */
    float rate_low;                                                       /* of MLP_RANGE */

    /* Called by the calling thread when training is stopped in the second epoch or later, and
     * after an epoch where save_every seconds have gone by since it began or was last called. The
     * net is the one that training would leave behind, and belongs, as the checkpoint does, to the
     * caller of on_save. Not called at the end, when nothing is left to be done. */
    void (*on_save)(void *context, const struct mlp_net *net,
                    const struct mlp_checkpoint *checkpoint);
    double save_every; /* 0: only when stopped */
    /* Goes on from here, to the same bits: the net has the weights that were saved with it, and all
     * options but threads, reports and saves are what they were. NULL: from the beginning. */
    const struct mlp_checkpoint *resume;
};

/* mlp_train_defaults - plain gradient descent at a constant rate, and nothing else. The recipes
 * that the command line calls presets build on it. */
struct mlp_train_options mlp_train_defaults(void);

/* mlp_train - mini-batch stochastic gradient descent on softmax cross-entropy. With ema the net
 *             ends with the average of its weights, which is what evaluations see, too.
 * Returns  MLP_OK; MLP_E_STOPPED or MLP_E_DIVERGED, the net then has the weights of the last
 *          finished epoch, or with early_stop of the best (the initial ones if none was finished);
 *          MLP_E_USAGE if net, data, options and checkpoint do not fit; MLP_E_MEMORY
 * Threads  options->n_threads; same bits for any number: yes
 */
enum mlp_status mlp_train(struct mlp_net *net, const struct mlp_dataset *dataset,
                          const struct mlp_train_options *options,
                          struct mlp_error *error) MLP_MUST_USE;

/* mlp_train_check - whether mlp_train would begin.
 * Returns  MLP_OK; MLP_E_USAGE if net, data, options and checkpoint do not fit
 */
enum mlp_status mlp_train_check(const struct mlp_net *net, const struct mlp_dataset *dataset,
                                const struct mlp_train_options *options,
                                struct mlp_error *error) MLP_MUST_USE;

/* How the loss changes while the learning rate rises. */
struct mlp_range {
    uint32_t n_points;
    double *rates;  /* rising */
    double *losses; /* of each step's batch, nats */
    double *smooth; /* the losses without their noise */
    double rising;  /* the last rate at which smooth is within a tenth of its lowest */
    double suggested;
};

/* mlp_range_test - learning-rate range test: trains a copy of the net for an epoch (or as many as
 *                  300 steps take) while the rate rises exponentially from 1e-5 to 10, or until the
 *                  loss has doubled or fallen to a twentieth, and suggests half of the rate from
 *                  which on the loss rises.
 *                  Epochs, rate, schedule, warm-up, evaluations, early stopping, saves, resume,
 *                  on_epoch and on_step of the options are not used.
 * Owner    the caller frees *range with mlp_range_free
 * Returns  as mlp_train; that the loss explodes in the end is no error
 * Threads  same bits for any number: yes
 * Source   Smith 2017, "Cyclical learning rates for training neural networks", section 3.3
 */
enum mlp_status mlp_range_test(const struct mlp_net *net, const struct mlp_dataset *dataset,
                               const struct mlp_train_options *options, struct mlp_range *range,
                               struct mlp_error *error) MLP_MUST_USE;
void mlp_range_free(struct mlp_range *range);

/* The gradient of one array of parameters, found three ways. */
struct mlp_gradient_figures {
    uint64_t n_parameters;
    uint32_t n_tried;        /* by central differences */
    uint32_t n_kinks;        /* left out because a ReLU switches in between */
    double norm;             /* of the gradient */
    double difference_error; /* |a - b| / (|a| + |b|): back-propagation in double, differences */
    double kernel_error;     /* the same for back-propagation in double, the net's own kernel */
};

struct mlp_gradient_layer {
    struct mlp_gradient_figures w, b;
};

/* mlp_gradient_check - compares gradients of the mean loss on some images: a plain double-precision
 *                      back-propagation, central differences, and the net's own f32 kernel (by a
 *                      step of gradient descent at rate 1 on a copy).
 * Shapes   n_tries parameters of each array, drawn from the seed, or all; layers (n_layers)
 * Returns  MLP_OK; MLP_E_USAGE if net and images do not fit; MLP_E_MEMORY
 * Source   the error: Karpathy, notes for CS231n, "Gradient checks"
 */
enum mlp_status mlp_gradient_check(const struct mlp_net *net, const struct mlp_images *images,
                                   uint32_t n_tries, uint64_t seed,
                                   struct mlp_gradient_layer *layers,
                                   struct mlp_error *error) MLP_MUST_USE;

/* ---- using a network -------------------------------------------------------------------- */

/* mlp_predict - softmax probabilities of images first..first+n-1.
 * Shapes   probabilities (n, C), row-major
 * Owner    images->labels are not read and may be NULL
 * Returns  MLP_OK; MLP_E_USAGE if the image size is not the net's input width, or there are not so
 *          many images; MLP_E_MEMORY
 */
enum mlp_status mlp_predict(const struct mlp_net *net, const struct mlp_images *images,
                            uint32_t first, uint32_t n, int n_threads,
                            float *probabilities) MLP_MUST_USE;

struct mlp_evaluation {
    uint32_t n_samples, n_correct;
    double accuracy; /* n_correct / n_samples */
    double loss;     /* mean cross-entropy, nats */
};

/* mlp_evaluate - accuracy and loss over a whole set.
 * Owner    confusion, if not NULL, is (C, C): [true class][prediction], counts
 * Returns  as mlp_predict; MLP_E_USAGE, too, for a label that is no class of the net
 */
enum mlp_status mlp_evaluate(const struct mlp_net *net, const struct mlp_images *images,
                             int n_threads, struct mlp_evaluation *evaluation,
                             uint32_t *confusion) MLP_MUST_USE;

/* mlp_confidence_interval - where the accuracy on all images of this kind lies, 95 times in 100,
 *                           if n_correct of n that were not looked at before are right.
 * Range    0 <= *low <= n_correct / n <= *high <= 1; the whole 0..1 if n is 0
 * Source   Wilson 1927, "Probable inference, the law of succession, and statistical inference"
 */
void mlp_confidence_interval(uint32_t n_correct, uint32_t n, double *low, double *high);

/* ---- pictures --------------------------------------------------------------------------- */

/* An RGB picture, 8 bits a channel. Owner: free with mlp_picture_free. */
struct mlp_picture {
    uint32_t width, height; /* pixels */
    uint8_t *rgb;           /* (height, width, 3) */
};
void mlp_picture_free(struct mlp_picture *picture);

struct mlp_grid_cell {
    const uint8_t *pixels; /* (n_rows, n_cols), not owned */
    uint32_t label, prediction;
    float confidence; /* 0..1, probability of the prediction */
};

/* mlp_draw_grid - a grid of digits with predicted and true label and confidence under each.
 * Shapes   n_cells cells of n_rows x n_cols, `columns` in a row
 * Owner    title and subtitle are UTF-8, shown above; the caller frees *picture
 */
enum mlp_status mlp_draw_grid(struct mlp_picture *picture, const struct mlp_grid_cell *cells,
                              uint32_t n_cells, uint32_t columns, uint32_t n_rows, uint32_t n_cols,
                              const char *title, const char *subtitle) MLP_MUST_USE;

/* mlp_picture_write - encodes a PNG and replaces the file atomically.
 * Returns  MLP_OK; MLP_E_OUTPUT, and what was at path is still there
 */
enum mlp_status mlp_picture_write(const struct mlp_picture *picture, const char *path,
                                  struct mlp_error *error) MLP_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
