"""Policies of wrapping modules. Not there; see `flambeau.distributed._rooms`."""

from flambeau.distributed._rooms import absent

absent(
    globals(),
    classes=("ModuleWrapPolicy", "CustomPolicy"),
    functions=(
        "transformer_auto_wrap_policy",
        "size_based_auto_wrap_policy",
        "always_wrap_policy",
        "lambda_auto_wrap_policy",
        "enable_wrap",
        "wrap",
    ),
)
