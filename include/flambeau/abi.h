/* The binary interface between Flambeau and extensions: a table of C functions over opaque handles. It only ever grows
 * at the end, so an extension built with one release loads in every later one. C++ code includes extension.h instead.
 */
#ifndef FLAMBEAU_ABI_H
#define FLAMBEAU_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FLAMBEAU_ABI_VERSION 1
#define FLAMBEAU_ABI_CAPSULE "flambeau._C._api"

typedef struct FlambeauTensor FlambeauTensor; /* counted: every handle given out is released once */
typedef struct FlambeauOp FlambeauOp;         /* lives as long as the process */

enum FlambeauTag {
  FLAMBEAU_NONE,
  FLAMBEAU_BOOL,
  FLAMBEAU_INT,
  FLAMBEAU_DOUBLE,
  FLAMBEAU_COMPLEX,
  FLAMBEAU_DTYPE,
  FLAMBEAU_DEVICE,
  FLAMBEAU_MEMORY_FORMAT,
  FLAMBEAU_TEXT,
  FLAMBEAU_INTS,
  FLAMBEAU_DOUBLES,
  FLAMBEAU_TENSOR,
  FLAMBEAU_TENSORS
};

enum FlambeauError {
  FLAMBEAU_RUNTIME_ERROR,
  FLAMBEAU_INDEX_ERROR,
  FLAMBEAU_TYPE_ERROR,
  FLAMBEAU_VALUE_ERROR,
  FLAMBEAU_NOT_IMPLEMENTED,
  FLAMBEAU_LINALG_ERROR,
  FLAMBEAU_OUT_OF_MEMORY,
  FLAMBEAU_ATTRIBUTE_ERROR,
  FLAMBEAU_OVERFLOW,
  FLAMBEAU_PYTHON_ERROR = 100 /* an exception is set in Python */
};

/* An argument or result. `number` is the second part of complex numbers; a device is its type and, in `count`, its
 * index. Lists and texts given as arguments are read during the call; those of results live until `release_value`. */
typedef struct {
  int32_t tag;
  int64_t count;
  union {
    int64_t integer;
    double real;
    const char* text;
    const int64_t* ints;
    const double* doubles;
    FlambeauTensor* tensor;
    FlambeauTensor* const* tensors;
  };
  double imag;
} FlambeauValue;

/* The gradients of a custom operator: `grads` of its results (null: zero) to those of its inputs, as counted handles or
 * null. 0, or -1 after `raise`. */
typedef int (*FlambeauBackward)(void* context, FlambeauTensor* const* grads, int count, FlambeauTensor** inputs,
                                int inputs_count);

typedef struct {
  uint32_t version; /* FLAMBEAU_ABI_VERSION */
  uint32_t size;    /* of this table, in bytes */

  /* Errors: functions that can fail return null or -1 and leave kind and message here, for the thread. */
  const char* (*last_error)(int* kind);
  void (*raise)(int kind, const char* message);
  void (*set_python_error)(void); /* the last error as a Python exception */

  void (*retain)(FlambeauTensor*);
  void (*release)(FlambeauTensor*);
  int64_t (*dim)(const FlambeauTensor*);
  int64_t (*numel)(const FlambeauTensor*);
  const int64_t* (*sizes)(const FlambeauTensor*);
  const int64_t* (*strides)(const FlambeauTensor*);
  int (*dtype)(const FlambeauTensor*);
  int (*device)(const FlambeauTensor*, int* index);
  int (*is_contiguous)(const FlambeauTensor*);
  int (*requires_grad)(const FlambeauTensor*);
  void* (*data)(FlambeauTensor*); /* of the first element; the bytes stay where they are from then on */
  void (*bump_version)(FlambeauTensor*);
  FlambeauTensor* (*from_blob)(void* data, int dim, const int64_t* sizes, const int64_t* strides, int dtype,
                               void (*free)(void*), void* context);

  /* Operators, by ATen's name: "add.Tensor"; form 0 functional, 1 in place, 2 with given results. Missing trailing
   * arguments take their defaults. Gives the number of results. */
  const FlambeauOp* (*find)(const char* full_name);
  int (*call)(const FlambeauOp*, int form, const FlambeauValue* arguments, int count, FlambeauValue* results,
              int capacity);
  void (*release_value)(FlambeauValue*);

  /* The tape. */
  int (*set_grad_enabled)(int enabled); /* gives the former state */
  int (*record)(const char* name, FlambeauTensor* const* inputs, int inputs_count, FlambeauTensor* const* results,
                int results_count, FlambeauBackward backward, void* context, void (*destroy)(void*));

  /* Python objects (PyObject*); the interpreter's lock is held. */
  FlambeauTensor* (*from_python)(void* object); /* null without error when it is no tensor */
  void* (*to_python)(FlambeauTensor*);
  int (*dtype_from_python)(void* object); /* -1 without error when it is no dtype */
  void* (*dtype_to_python)(int dtype);
} FlambeauApi;

#ifdef __cplusplus
}
#endif
#endif
