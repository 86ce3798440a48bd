"""What becomes of a person's edits when the operation bar writes a new request. Pure."""

from dataclasses import fields, replace

from app.domain.drafts import Draft


def carry_over(edited: Draft, old: Draft, new: Draft) -> Draft | None:
    """Edits made to ``old`` applied to ``new``, part by part; None when both changed the same part."""
    if type(edited) is not type(new) or type(old) is not type(new):
        return None
    kept: dict[str, object] = {}
    for field in fields(new):
        mine, before, now = (getattr(draft, field.name) for draft in (edited, old, new))
        if mine in (before, now):
            continue
        if now != before:
            return None
        kept[field.name] = mine
    return replace(new, **kept)  # type: ignore[arg-type]
