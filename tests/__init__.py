"""All tests, and what they share: an assert that fails there tells its values, too."""

from pkgutil import iter_modules

import pytest

pytest.register_assert_rewrite(*(module.name for module in iter_modules(__path__, "tests.")))
