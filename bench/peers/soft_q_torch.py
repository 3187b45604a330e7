#!/usr/bin/env python3
"""One soft Q-learning update in PyTorch, as its users would write it: softq's own choices, checked against its numbers.

    python3 soft_q_torch.py FIXTURE MODE DEVICE THREADS

MODE is `eager`, `compile` (losses and optimisers through `torch.compile`), `graph` (the eager update as one CUDA graph) or
`compile-graph` (the compiled one); with `-tf32` behind it, products may be rounded to TF32. DEVICE is `cpu` or `cuda`.
"""
import math
import sys
from functools import reduce

import torch
from torch import nn
from torch.nn.functional import mse_loss, softplus

from given import Given, rate_of, serve

path, mode, device, threads = sys.argv[1:]
mode, tf32 = mode.removesuffix("-tf32"), mode.endswith("-tf32")
given = Given(path)
if device == "cpu":
    torch.set_num_threads(int(threads))
torch.set_default_device(device)
torch.set_float32_matmul_precision("high" if tf32 else "highest")
torch.manual_seed(0)
B, A = given.batch, given.action
captured, compiled = mode.endswith("graph"), mode.startswith("compile")
capturable = device == "cuda" and (captured or compiled)  # what both ask of an optimiser


def perceptron(inputs, outputs):
    return nn.Sequential(
        nn.Linear(inputs, given.hidden),
        nn.ReLU(),
        nn.Linear(given.hidden, given.hidden),
        nn.ReLU(),
        nn.Linear(given.hidden, outputs),
    )


critics, targets = (
    nn.ModuleList(perceptron(A + given.observation, 1) for _ in range(given.critics)) for _ in range(2)
)
sampler = perceptron(A + given.observation, A)
targets.load_state_dict(critics.state_dict())
critic_adam = torch.optim.Adam(critics.parameters(), given.criticRate, capturable=capturable)
sampler_adam = torch.optim.Adam(sampler.parameters(), given.samplerRate, capturable=capturable)

replay = dict(
    observation=torch.randn(given.transitions, given.observation),
    action=torch.rand(given.transitions, A) * 2 - 1,
    reward=torch.randn(given.transitions),
    terminated=torch.zeros(given.transitions),
    nextObservation=torch.randn(given.transitions, given.observation),
)


def beside(observation, samples):
    """Each of a state's samples beside the state."""
    return torch.cat([samples, observation.unsqueeze(1).expand(-1, samples.shape[1], -1)], 2)


def least(networks, x):
    return reduce(torch.minimum, [network(x) for network in networks])


uniform_log_density = -A * math.log(2)
if given.centres:  # of each Gaussian sample its centre, and the logarithms of the shares of samples around each centre
    centre_of = torch.arange(given.gaussians) % given.centres
    log_shares = (torch.bincount(centre_of) / given.values).log()
    log_uniform_share = math.log(1 - given.gaussians / given.values)


def mixture(observation, uniform, centre_noise, around):
    """Samples of Gaussians around the sampler's draws and of the uniform law, and their log densities as actions."""
    centres = sampler(beside(observation, centre_noise))
    u = torch.cat([centres[:, centre_of] + given.width * around, torch.atanh(uniform)], 1)
    squared = ((u.unsqueeze(2) - centres.unsqueeze(1)) ** 2).sum(3)
    near = (log_shares - squared / (2 * given.width**2)).logsumexp(2)
    slope = 2 * (math.log(2) - u - softplus(-2 * u))  # log(1 - tanh² u)
    gaussian = near - A / 2 * math.log(2 * math.pi * given.width**2) - slope.sum(2)
    flat = torch.full_like(gaussian, log_uniform_share + uniform_log_density)
    return torch.tanh(u), torch.logaddexp(gaussian, flat)


def critic_loss(observation, action, reward, terminated, next_observation, noise):
    with torch.no_grad():
        samples, log_density = mixture(next_observation, *noise) if given.centres else (*noise, uniform_log_density)
        q = least(targets, beside(next_observation, samples)).squeeze(2)
        mean = (q / given.temperature - log_density).logsumexp(1) - math.log(given.values)
        goal = given.rewardScale * reward + given.discount * (1 - terminated) * given.temperature * mean
    pairs = torch.cat([action, observation], 1)
    return 0.5 * sum(mse_loss(critic(pairs).squeeze(1), goal) for critic in critics)


def sampler_loss(observation, fixed_noise, moved_noise):
    with torch.no_grad():
        fixed = sampler(beside(observation, fixed_noise))
        action = torch.tanh(fixed)
    slope = torch.func.grad(lambda a: least(critics, beside(observation, a)).sum())(action)
    moved = sampler(beside(observation, moved_noise))
    with torch.no_grad():
        score = slope * (1 - action**2) - 2 * given.temperature * action
        difference = fixed.unsqueeze(2) - moved.unsqueeze(1)
        squared = (difference**2).sum(3)
        quantile = squared.flatten(1).kthvalue(given.bandwidthRank + 1, 1).values
        bandwidth = (quantile / given.bandwidthDivisor).clamp_min(1e-3).view(-1, 1, 1)
        kernel = torch.exp(-squared / bandwidth)
        repulsion = -2 * difference * (kernel / bandwidth).unsqueeze(3)
        direction = (kernel.unsqueeze(3) * score.unsqueeze(2) + given.temperature * repulsion).mean(1)
    return -(moved * direction).sum(2).mean()


def follow():
    """The targets' step towards the critics."""
    with torch.no_grad():
        for slow, fast in zip(targets.parameters(), critics.parameters()):
            slow.lerp_(fast, given.targetRate)


def stepping(adam):
    """A step of the optimiser from a loss."""
    step = torch.compile(adam.step) if compiled else adam.step

    def descend(loss):
        adam.zero_grad(set_to_none=not captured)
        loss.backward()
        step()
        return loss

    return descend


critic_step, sampler_step = stepping(critic_adam), stepping(sampler_adam)
if compiled:
    critic_loss, sampler_loss, follow = (torch.compile(each) for each in (critic_loss, sampler_loss, follow))


def learn(minibatch, value_noise, fixed_noise, moved_noise):
    fields = [minibatch[name] for name in ("observation", "action", "reward", "terminated", "nextObservation")]
    loss = critic_step(critic_loss(*fields, value_noise))
    if given.targetInterval == 1:
        follow()
    sampler_step(sampler_loss(minibatch["observation"], fixed_noise, moved_noise))
    return loss


def update():
    rows = torch.randint(given.transitions, (B,))
    minibatch = {name: field[rows] for name, field in replay.items()}
    value_noise = [torch.rand(B, given.values - given.gaussians, A) * 2 - 1]
    if given.centres:
        value_noise += [torch.randn(B, count, A) for count in (given.centres, given.gaussians)]
    noise = [torch.randn(B, count, A) for count in (given.fixed, given.moved)]
    learn(minibatch, value_noise, *noise)


def load(module, name):
    """The fixture's parameters; PyTorch's matrices are the other way round."""
    with torch.no_grad():
        for parameter, array in zip(module.parameters(), given.network(name)):
            parameter.copy_(torch.tensor(array).T if array.ndim == 2 else torch.tensor(array))


def load_moments(adam, module, name):
    moments = zip(module.parameters(), given.network(name + "First"), given.network(name + "Second"))
    for parameter, first, second in moments:
        adam.state[parameter] = {
            "step": torch.tensor(float(given.updates), device=device if capturable else "cpu"),
            "exp_avg": torch.tensor(first).T.contiguous() if first.ndim == 2 else torch.tensor(first),
            "exp_avg_sq": torch.tensor(second).T.contiguous() if second.ndim == 2 else torch.tensor(second),
        }


def numbers(tensors):
    return [each.detach().cpu().numpy().T for each in tensors]


def check():
    """One update of the fixture, and how far it is from softq's."""
    for module, name in ((critics, "critic"), (targets, "criticTarget"), (sampler, "sampler")):
        load(module, "before." + name)
    load_moments(critic_adam, critics, "before.critic")
    load_moments(sampler_adam, sampler, "before.sampler")
    names = ("observation", "action", "reward", "terminated", "nextObservation")
    minibatch = {name: torch.tensor(given.of(name)) for name in names}
    value_names = ("value", "centre", "around") if given.centres else ("value",)
    value_noise, noise = (
        [torch.tensor(given.of(name)).view(B, -1, A) for name in names] for names in (value_names, ("fixed", "moved"))
    )
    loss = learn(minibatch, value_noise, *noise)
    found = {"loss": [loss.detach().cpu().numpy()], "criticTarget": numbers(targets.parameters())}
    for adam, module, name in ((critic_adam, critics, "critic"), (sampler_adam, sampler, "sampler")):
        parameters = list(module.parameters())
        found[name] = numbers(parameters)
        found[name + "First"] = numbers(adam.state[p]["exp_avg"] for p in parameters)
        found[name + "Second"] = numbers(adam.state[p]["exp_avg_sq"] for p in parameters)
    return given.errors(found)


def graph_of(function):
    """The function as a CUDA graph, after the warm-up on a stream of its own that capturing asks for."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            function()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        function()
    return graph.replay


errors = check()
step = graph_of(update) if captured else update
updates = 0


def turn():
    global updates
    step()
    updates += 1
    if given.targetInterval > 1 and updates % given.targetInterval == 0:
        follow()


wait = torch.cuda.synchronize if device == "cuda" else lambda: None
for _ in range(5):
    turn()
wait()
place = torch.cuda.get_device_name() if device == "cuda" else f"{threads} thread{'s' if threads != '1' else ''}"
serve(f"PyTorch {torch.__version__} {mode}, {'TF32' if tf32 else 'float32'}, {place}", errors, rate_of(turn, wait))
