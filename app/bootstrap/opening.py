"""What a command line asks the window to begin with. It is checked before; here it is only put in force."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.domain.operations import OperationId
from app.domain.values import dataclass

if TYPE_CHECKING:
    from app.ui.workspaces import Workspaces
    from app.viewmodels.operation import OperationModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An operation with values and wanted fields, and an arrangement; None is as the window was left."""

    operation: OperationId | None = None
    params: Mapping[str, str] | None = None
    fields: tuple[str, ...] | None = None
    workspace: str | None = None


def begin_with(opening: Opening, operation: "OperationModel", workspaces: "Workspaces") -> None:
    """Put it in force. GUI thread."""
    if opening.operation is not None:
        operation.choose(opening.operation.value)
    for name, value in (opening.params or {}).items():
        operation.set_value(name, value)
    if opening.fields is not None:
        operation.set_fields(opening.fields)
    if opening.workspace is not None:
        workspaces.switch(opening.workspace)
