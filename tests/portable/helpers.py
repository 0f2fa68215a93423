"""What portable tests need and MicroPython has not: `pytest.raises` in a form that both interpreters run."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def raises(error_class: "type[BaseException]", call: "Callable[..., object]", *arguments: object) -> BaseException:
    """Call `call(*arguments)` and return the `error_class` that it raises.

    Raises AssertionError when the call returns; an error of another class goes through.
    """
    try:
        result = call(*arguments)
    except error_class as error:
        return error
    raise AssertionError("{} was expected, the call returned {!r}".format(error_class.__name__, result))
