"""States of distributed models and optimizers. Not there; see `flambeau.distributed._rooms`."""

from flambeau.distributed._rooms import absent

absent(
    globals(),
    classes=("StateDictOptions",),
    functions=(
        "get_model_state_dict",
        "set_model_state_dict",
        "get_optimizer_state_dict",
        "set_optimizer_state_dict",
        "get_state_dict",
        "set_state_dict",
    ),
)
