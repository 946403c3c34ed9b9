"""REINFORCE with a learned baseline on a small pole-balancing environment written here (Barto et al., 1983).

Prints the mean number of steps the pole stays up, of at most 200. Under a minute on 2 cores.
"""

import argparse
import math

import flambeau as torch
from flambeau import nn
from flambeau.distributions import Categorical
from flambeau.nn import functional as F

LIMIT = 200  # steps of an episode


class Poles:
    """A batch of carts, each with a pole; an action pushes left (0) or right (1) with 10 N for 0.02 s."""

    def __init__(self, count: int):
        self.state = (torch.rand(count, 4) - 0.5) / 10  # position, velocity, angle, angular velocity

    def step(self, push: torch.Tensor) -> torch.Tensor:
        """Move on and say which poles still stand."""
        x, v, angle, spin = self.state.unbind(1)
        force = push.float() * 20 - 10
        sin, cos = angle.sin(), angle.cos()
        pull = (force + 0.05 * spin.square() * sin) / 1.1
        turn = (9.8 * sin - cos * pull) / (0.5 * (4 / 3 - 0.1 * cos.square() / 1.1))
        gain = pull - 0.05 * turn * cos / 1.1
        self.state = torch.stack([x + 0.02 * v, v + 0.02 * gain, angle + 0.02 * spin, spin + 0.02 * turn], dim=1)
        return (self.state[:, 0].abs() < 2.4) & (self.state[:, 2].abs() < math.radians(12))


class Agent(nn.Module):
    """From a state to the logits of the two actions, and to the number of steps it expects to follow."""

    def __init__(self, width: int = 64):
        super().__init__()
        self.policy = nn.Sequential(nn.Linear(4, width), nn.Tanh(), nn.Linear(width, 2))
        self.value = nn.Sequential(nn.Linear(4, width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, state: torch.Tensor) -> tuple[Categorical, torch.Tensor]:
        scaled = state * torch.tensor([0.5, 0.5, 5.0, 0.5])
        return Categorical(logits=self.policy(scaled), validate_args=False), self.value(scaled).squeeze(-1)


def play(agent: Agent, count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Episodes side by side: states (time, count, 4), actions, and which were still running at each time."""
    poles, running = Poles(count), torch.ones(count, dtype=torch.bool)
    states: list[torch.Tensor] = []
    actions: list[torch.Tensor] = []
    alive: list[torch.Tensor] = []
    with torch.no_grad():
        for _ in range(LIMIT):
            action = agent(poles.state)[0].sample()
            states.append(poles.state)
            actions.append(action)
            alive.append(running)
            running = running & poles.step(action)
            if not running.any():
                break
    return torch.stack(states), torch.stack(actions), torch.stack(alive)


def main(arguments: list[str] | None = None) -> float:
    """Train and return the mean length of the last episodes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    options = parser.parse_args(arguments)
    torch.manual_seed(0)
    agent = Agent()
    optimizer = torch.optim.Adam(agent.parameters(), lr=1e-2)
    lengths: list[float] = []
    for turn in range(1, options.rounds + 1):
        states, actions, alive = play(agent, 24)
        left = alive.float().flip(0).cumsum(0).flip(0)  # steps that followed, this one included
        kind, expected = agent(states)
        expected = expected * 10
        advantage = (left - expected).detach()[alive]
        advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-6)
        gain = (kind.log_prob(actions)[alive] * advantage).mean() + 0.01 * kind.entropy()[alive].mean()
        loss = -gain + F.smooth_l1_loss(expected[alive] / 10, left[alive] / 10)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(agent.parameters(), 1.0)
        optimizer.step()
        lengths.append(alive.sum(0).float().mean().item())
        if turn % 10 == 0:
            print(f"round {turn}: the pole stays up for {sum(lengths[-10:]) / 10:.0f} steps")
    return sum(lengths[-10:]) / len(lengths[-10:])


if __name__ == "__main__":
    main()
