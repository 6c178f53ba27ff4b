"""The infrastructure program, as the engine runs it."""

import gc

gc.disable()  # It ends in seconds; collecting among the SDK's many modules and tasks costs more than all that it frees.

from infra.program import main  # noqa: E402

main()
