#!/usr/bin/env python3
"""One soft Q-learning update in PyTorch on the CPU, as its users would write it, measured on request.

    python3 soft_q_update.py OBSERVATION ACTION HIDDEN BATCH FIXED MOVED VALUES THREADS

Each line on standard input is a number of seconds; it answers with updates per second on a line of its own.
"""
import math
import sys
import time

import torch
from torch import nn
from torch.nn.functional import mse_loss

observation, action, hidden, batch, fixed, moved, values, threads = map(int, sys.argv[1:])
torch.set_num_threads(threads)
torch.manual_seed(0)
ROWS, DISCOUNT = 100_000, 0.99


def perceptron(inputs, outputs):
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, outputs)
    )


critic, target = perceptron(observation + action, 1), perceptron(observation + action, 1)
sampler = perceptron(observation + action, action)
target.load_state_dict(critic.state_dict())
critic_adam = torch.optim.Adam(critic.parameters(), 3e-4)
sampler_adam = torch.optim.Adam(sampler.parameters(), 3e-4)
replay = dict(
    state=torch.randn(ROWS, observation),
    action=torch.rand(ROWS, action) * 2 - 1,
    reward=torch.randn(ROWS),
    next_state=torch.randn(ROWS, observation),
    terminated=torch.zeros(ROWS),
)


def beside(states, samples):
    """Each state beside each of its samples."""
    return torch.cat([states.unsqueeze(1).expand(-1, samples.shape[1], -1), samples], 2)


def critic_step(state, chosen, reward, next_state, terminated):
    with torch.no_grad():
        samples = (torch.rand(1, values, action) * 2 - 1).expand(batch, -1, -1)
        q = target(beside(next_state, samples)).squeeze(2)
        value = q.logsumexp(1) - math.log(values) + action * math.log(2)
        goal = reward + DISCOUNT * (1 - terminated) * value
    loss = 0.5 * mse_loss(critic(torch.cat([state, chosen], 1)).squeeze(1), goal)
    critic_adam.zero_grad()
    loss.backward()
    critic_adam.step()


def sampler_step(state):
    particles = torch.tanh(sampler(beside(state, torch.randn(batch, fixed + moved, action))))
    still, movable = particles[:, :fixed].detach().requires_grad_(), particles[:, fixed:]
    log_density = critic(beside(state, still)).squeeze(2) + torch.log(1 - still**2 + 1e-6).sum(2)
    score = torch.autograd.grad(log_density.sum(), still)[0]
    with torch.no_grad():
        difference = still.unsqueeze(2) - movable.unsqueeze(1)
        squared = (difference**2).sum(3)
        bandwidth = (squared.flatten(1).median(1).values / math.log(fixed)).clamp_min(1e-3).view(-1, 1, 1)
        kernel = torch.exp(-squared / bandwidth)
        repulsion = -2 * difference * (kernel / bandwidth).unsqueeze(3)
        direction = (kernel.unsqueeze(3) * score.unsqueeze(2) + repulsion).mean(1)
    sampler_adam.zero_grad()
    (-(movable * direction).sum()).backward()
    sampler_adam.step()


def update():
    rows = torch.randint(0, ROWS, (batch,))
    state = replay["state"][rows]
    critic_step(
        state, replay["action"][rows], replay["reward"][rows], replay["next_state"][rows], replay["terminated"][rows]
    )
    sampler_step(state)


def rate(seconds):
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        update()
        count += 1
    return count / (time.perf_counter() - start)


for _ in range(10):
    update()
print(f"PyTorch {torch.__version__}", flush=True)
for line in sys.stdin:
    rate(0.5)  # the beginning of a turn is not counted
    print(rate(float(line)), flush=True)
