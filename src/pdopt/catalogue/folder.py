"""Find the catalogue folder and the LLMs in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from os.path import isdir, isfile
from pathlib import Path

import pdopt


def packaged_models() -> Path:
    """Folder of the catalogue that came with pdopt: inside an installed wheel, or beside the sources."""
    package = Path(pdopt.__file__).parent
    installed = package / "_models"
    return installed if installed.is_dir() else package.parents[1] / "models"


@dataclass(frozen=True)
class CatalogueFolder:
    """LLMs by name, from folders searched in order; the user's own come before pdopt's."""

    folders: tuple[Path, ...]

    @classmethod
    def find(cls, own: str | Path | None = None) -> CatalogueFolder:
        """Give pdopt's catalogue, preceded by a folder of the user's own when one is named.

        Raises
        ------
        NotADirectoryError
            `own` is not a folder.
        """
        if own is None:
            return cls((packaged_models(),))
        if not Path(own).is_dir():
            raise NotADirectoryError(f"{own}: there is no such folder; give one laid out as models/ (llms/<llm>/…)")
        return cls((Path(own), packaged_models()))

    def names(self) -> Iterable[str]:
        """Names of all LLMs that have a card or profiles."""
        return sorted({child.name for folder in self.folders for child in folder.glob("llms/*") if child.is_dir()})

    def estimates(self, folder: Path | None, name: str, gpu: str, engine: str) -> dict[str, list[dict[str, object]]]:
        """Estimate rows by role from the LLM's card and the GPU's specification.

        Raises
        ------
        ValueError
            There is no card, the GPU is not in gpus.csv, or the LLM does not fit.
        """
        from pdopt.catalogue.analytic.find import find_estimates

        return find_estimates(self.folders, folder, name, gpu, engine=engine)

    def files(self, pattern: str) -> Iterable[Path]:
        """Files of the folders, the user's own first, each folder's by name."""
        return [file for folder in self.folders for file in sorted(folder.glob(pattern))]

    def card_of(self, name: str) -> Path | None:
        """Card of one LLM, or None; a folder without one leaves it to the next."""
        if not name or "/" in name:
            return None
        cards = (folder / "llms" / name / "card.yaml" for folder in self.folders)
        return next((card for card in cards if isfile(card)), None)

    def folder_of(self, name: str) -> Path | None:
        """Folder of one LLM, or None."""
        for folder in self.folders:
            found = folder / "llms" / name
            if name and "/" not in name and isdir(found):
                return found
        return None
