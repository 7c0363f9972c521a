"""The keys that sign versions, and signing one by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import Actor, Json, Name, Reason, me, show

__all__ = ["app"]

app = typer.Typer(help="Keys: make a pair, sign a version.", no_args_is_help=True)


@app.command("create", epilog="Example: trady2 keys create ~/.trady2/signing.pem")
def keys_create(
    file: Annotated[str, typer.Argument(help="Where the private key goes, the public one beside it as .pub.")],
    as_json: Json = False,
) -> None:
    """Make a pair of Ed25519 keys: the private one signs versions, the public one is what users of them trust."""
    from trady2.registry.keys import create_keys

    path = Path(file).expanduser().absolute()
    public = create_keys(path)
    text = (
        f"where versions are made:  export TRADY2_PRIVATE_KEY={path}\n"
        f"where they are used:      export TRADY2_PUBLIC_KEY={public}\n"
        "Keep the private key out of the model store and of the serving machines."
    )
    show({"public_key": public, "private_key_file": str(path), "public_key_file": f"{path}.pub"}, as_json, text)


@app.command("sign", epilog="Example: trady2 keys sign 1.0.0+20251101_120000 --reason 'made before there were keys'")
def keys_sign(
    version: Annotated[str, typer.Argument(help="The exact version.")],
    reason: Reason,
    name: Name = "trady2",
    actor: Actor = None,
    as_json: Json = False,
) -> None:
    """Verify a version and sign it with the key that TRADY2_PRIVATE_KEY names."""
    from trady2.registry.signing import sign

    signed = sign(name, version, actor=me(actor), reason=reason)
    result = {"name": name, "version": signed.version, "signature": str(signed.path / "manifest.sig")}
    show(result, as_json, f"{name} {signed.version} is signed")
