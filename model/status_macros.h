// Early return of absl::Status and absl::StatusOr errors.
#ifndef OIDO_MODEL_STATUS_MACROS_H_
#define OIDO_MODEL_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function if `expression` is not OK.
#define OIDO_RETURN_IF_ERROR(expression)                                \
  do {                                                                  \
    if (absl::Status oido_status_ = (expression); !oido_status_.ok()) { \
      return oido_status_;                                              \
    }                                                                   \
  } while (false)

// Moves the value of a StatusOr into `declaration` or returns its error.
#define OIDO_ASSIGN_OR_RETURN(declaration, expression)              \
  OIDO_ASSIGN_OR_RETURN_IMPL_(OIDO_CONCAT_(oido_result_, __LINE__), \
                              declaration, expression)
#define OIDO_ASSIGN_OR_RETURN_IMPL_(result, declaration, expression) \
  auto result = (expression);                                        \
  if (!result.ok()) return std::move(result).status();               \
  declaration = *std::move(result)
#define OIDO_CONCAT_(a, b) OIDO_CONCAT_INNER_(a, b)
#define OIDO_CONCAT_INNER_(a, b) a##b

#endif  // OIDO_MODEL_STATUS_MACROS_H_
