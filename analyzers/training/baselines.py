"""What a monitor would use otherwise: SnowNLP's Bayes, retrained in three classes on our words, as a table."""

from __future__ import annotations

from collections import Counter

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from analyzers import text


class Bayes(Struct, frozen=True):
    """Naive Bayes on words with add-one smoothing: log shares by word and class, compiled to a table."""

    classes: tuple[str, ...]
    words: dict[str, int]
    table: NDArray[np.float64]
    prior: NDArray[np.float64]

    @classmethod
    def fit(cls, texts: list[str], labels: list[str]) -> Bayes:
        """Count the words of each class."""
        classes = tuple(sorted(set(labels)))
        counts: list[Counter[str]] = [Counter() for _ in classes]
        for each, label in zip(texts, labels, strict=True):
            counts[classes.index(label)].update(text.words(each))
        words = {word: number for number, word in enumerate(sorted(set().union(*counts)))}
        table = np.ones((len(words), len(classes)))
        for column, counted in enumerate(counts):
            for word, count in counted.items():
                table[words[word], column] += count
        shares = np.array([labels.count(each) / len(labels) for each in classes])
        return cls(classes, words, np.log(table / table.sum(axis=0)), np.log(shares))

    def labels_of(self, texts: list[str]) -> list[str]:
        """Return the likeliest class of each text."""
        out = []
        for each in texts:
            rows = [self.words[word] for word in text.words(each) if word in self.words]
            out.append(self.classes[int((self.table[rows].sum(axis=0) + self.prior).argmax())])
        return out
