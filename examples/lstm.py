"""A word-level language model: an LSTM on sentences of a small grammar with agreement over a distance.

The verb has to agree with a subject several words back, so a model that looks at the last words only is right half of
the time. Prints perplexity and how often the model prefers the right verb. Seconds on 2 cores.
"""

import argparse
import random

import flambeau as torch
from flambeau import nn
from flambeau.nn import functional as F
from flambeau.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

NOUNS = {"cat": "cats", "dog": "dogs", "bird": "birds", "child": "children", "teacher": "teachers"}
VERBS = {"sees": "see", "likes": "like", "follows": "follow", "hears": "hear"}
PLACES = ["near", "behind", "above", "beside"]
WORDS = [
    "<pad>", "<start>", "<end>", "the", *NOUNS, *NOUNS.values(), *VERBS, *VERBS.values(), *PLACES
]  # fmt: skip
NUMBERS = {word: number for number, word in enumerate(WORDS)}


def sentence(source: random.Random) -> tuple[list[str], int]:
    """Words, and the place of the verb: the child near the dogs behind a bird likes the cats."""
    singular = source.choice(list(NOUNS))
    plural = source.random() < 0.5
    words = ["the", NOUNS[singular] if plural else singular]
    for _ in range(source.randrange(3)):
        words += [source.choice(PLACES), "the", source.choice([*NOUNS, *NOUNS.values()])]
    verb = source.choice(list(VERBS))
    place = len(words)
    words += [VERBS[verb] if plural else verb, "the", source.choice([*NOUNS, *NOUNS.values()])]
    return words, place


class LanguageModel(nn.Module):
    """Logits of the next word at every position of padded sentences."""

    def __init__(self, width: int = 64):
        super().__init__()
        self.embedding = nn.Embedding(len(WORDS), width, padding_idx=0)
        self.lstm = nn.LSTM(width, width, num_layers=2, batch_first=True, dropout=0.1)
        self.head = nn.Linear(width, len(WORDS))

    def forward(self, words: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:  # (batch, time), (batch,)
        packed = pack_padded_sequence(self.embedding(words), lengths, batch_first=True, enforce_sorted=False)
        hidden, _ = self.lstm(packed)
        hidden, _ = pad_packed_sequence(hidden, batch_first=True)
        return self.head(hidden)


def batch_of(sentences: list[tuple[list[str], int]]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rows = [torch.tensor([1] + [NUMBERS[w] for w in words] + [2]) for words, _ in sentences]
    lengths = torch.tensor([len(row) - 1 for row in rows])
    padded = pad_sequence(rows, batch_first=True)
    return padded[:, :-1], padded[:, 1:], lengths


def evaluate(model: LanguageModel, sentences: list[tuple[list[str], int]]) -> tuple[float, float]:
    """Perplexity, and the share of sentences in which the right form of the verb is likelier than the wrong one."""
    model.eval()
    inputs, targets, lengths = batch_of(sentences)
    with torch.no_grad():
        logits = model(inputs, lengths)
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=0)
    other = {**VERBS, **{plural: singular for singular, plural in VERBS.items()}}
    right = 0
    for row, (words, place) in zip(logits, sentences):
        verb = words[place]
        right += int(row[place, NUMBERS[verb]] > row[place, NUMBERS[other[verb]]])
    model.train()
    return loss.exp().item(), right / len(sentences)


def main(arguments: list[str] | None = None) -> tuple[float, float]:
    """Train; return held-out perplexity and the share of right verbs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=400)
    options = parser.parse_args(arguments)
    torch.manual_seed(0)
    source = random.Random(0)
    held_out = [sentence(source) for _ in range(300)]
    model = LanguageModel()
    optimizer = torch.optim.RMSprop(model.parameters(), lr=2e-3)
    for step in range(1, options.steps + 1):
        inputs, targets, lengths = batch_of([sentence(source) for _ in range(32)])
        loss = F.cross_entropy(model(inputs, lengths).flatten(0, 1), targets.flatten(), ignore_index=0)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_value_(model.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 0:
            perplexity, right = evaluate(model, held_out)
            print(f"step {step}: perplexity {perplexity:.2f}, right verb {right:.1%}")
    return evaluate(model, held_out)


if __name__ == "__main__":
    main()
