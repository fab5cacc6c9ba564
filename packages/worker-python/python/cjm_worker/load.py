"""From a module name to an instance of its capability class, with errors in the author's terms."""

from __future__ import annotations

import importlib
import inspect
from typing import Any, Iterator, List, Optional, Type

from cjm_capability import ToolCapability
from cjm_capability.actions import input_schema, actions_of
from cjm_capability.config import config_schema
from cjm_capability.reload_triggers import release_hook, triggers_of


class AuthorMistake(Exception):
    """What is wrong with a capability's code, and the way out."""

    def __init__(self, message: str, hint: str, member: str = "") -> None:
        super().__init__("%s %s" % (message, hint))
        self.message = message
        self.hint = hint
        self.member = member
        # Each by itself, where it is about members of the class.
        self.mistakes: List[AuthorMistake] = [self] if member else []


def all_of(mistakes: List[AuthorMistake]) -> AuthorMistake:
    """One that says all of them, so that an author sees them at once."""
    if len(mistakes) == 1:
        return mistakes[0]
    hints = list(dict.fromkeys(mistake.hint for mistake in mistakes))
    joined = AuthorMistake(" ".join(mistake.message for mistake in mistakes), " ".join(hints))
    joined.mistakes = mistakes
    return joined


def load_capability(module_name: str, class_name: Optional[str]) -> ToolCapability:
    """Raises AuthorMistake, or whatever importing the module raises."""
    return instantiate(find_class(importlib.import_module(module_name), class_name))


def find_class(module: Any, class_name: Optional[str]) -> Type[ToolCapability]:
    if class_name:
        found = getattr(module, class_name, None)
        if found is None:
            raise AuthorMistake("%s has no class %s." % (module.__name__, class_name), "It has %s." % (", ".join(_classes(module)) or "none"))
        if not (inspect.isclass(found) and issubclass(found, ToolCapability)):
            raise AuthorMistake("%s.%s is no capability." % (module.__name__, class_name), "Let it extend ToolCapability of cjm_capability.")
        return found
    own = _classes(module)
    if len(own) != 1:
        problem = "defines no capability" if not own else "defines %d capabilities: %s" % (len(own), ", ".join(own))
        raise AuthorMistake("%s %s." % (module.__name__, problem), "One class that extends ToolCapability is expected; name one with 'class' in capabilities.yaml.")
    found_class: Type[ToolCapability] = getattr(module, own[0])
    return found_class


def instantiate(cls: Type[ToolCapability]) -> ToolCapability:
    try:
        capability = cls()
    except TypeError as error:
        raise AuthorMistake("%s() failed: %s." % (cls.__name__, error), "A capability is made without arguments; take settings from config_class.") from error
    mistakes = list(_mistakes_of(capability))
    if mistakes:
        raise all_of(mistakes)
    return capability


def _mistakes_of(capability: ToolCapability) -> Iterator[AuthorMistake]:
    cls = type(capability)
    own = cls.__name__
    config_name = getattr(cls.config_class, "__name__", "it")
    try:
        config_schema(cls.config_class)
    except TypeError:
        yield AuthorMistake("%s.config_class is no dataclass." % own, "Write @dataclass above %s." % config_name, "%s.config_class" % own)
    for field, trigger in triggers_of(cls.config_class).items():
        if release_hook(capability, trigger) is None:
            yield AuthorMistake(
                "%s.%s has the reload trigger %r, and there is no method for it." % (config_name, field, trigger),
                "Write release_%s(self, old_config, new_config), which gives back what the old value loaded." % trigger,
                "%s.%s" % (config_name, field),
            )
    for name, method in actions_of(capability).items():
        member = "%s.%s" % (own, name)
        if inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method):
            yield AuthorMistake("%s is async." % member, "Every call has a thread of its own: write a plain method, with asyncio.run() inside if need be.", member)
        if name == "execute":
            yield AuthorMistake("%s cannot be an action." % member, "Give the action another name.", member)
        input_schema(method)


def _classes(module: Any) -> List[str]:
    return [
        name
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, ToolCapability) and value is not ToolCapability and value.__module__ == module.__name__ and not inspect.isabstract(value)
    ]
