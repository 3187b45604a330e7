#!/usr/bin/env python3
"""One soft Q-learning update in JAX with Optax, as its users would write it: softq's own choices, checked against its numbers.

    python3 soft_q_jax.py FIXTURE MODE DEVICE THREADS

MODE is `jit` (one update a call), `scan` (100 updates a call) or `vmap16` (the same of so many replicas); with `-tf32` behind
it, products may be rounded to TF32. DEVICE is `cpu` or `cuda`; on the processor as many cores are used as there are threads.
"""
import os
import sys

path, mode, device, threads = sys.argv[1:]
mode, tf32 = mode.removesuffix("-tf32"), mode.endswith("-tf32")
if device == "cpu":
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(threads)])
os.environ["JAX_PLATFORMS"] = device
os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # there are other peers on the same GPU

from functools import reduce
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from given import Given, rate_of, serve

if not tf32:
    jax.config.update("jax_default_matmul_precision", "highest")
given = Given(path)
B, A = given.batch, given.action
REPLICAS = int(mode.removeprefix("vmap")) if mode.startswith("vmap") else 1
SCANNED = 1 if mode == "jit" else 100


class State(NamedTuple):
    critics: list
    targets: list
    sampler: list
    critic_adam: tuple
    sampler_adam: tuple
    updates: jax.Array


critic_optimiser, sampler_optimiser = optax.adam(given.criticRate), optax.adam(given.samplerRate)


def perceptron(layers, x):
    *hidden, (w, b) = layers
    for weights, bias in hidden:
        x = jax.nn.relu(x @ weights + bias)
    return x @ w + b


def beside(observation, samples):
    """Each of a state's samples beside the state."""
    repeated = jnp.broadcast_to(observation[:, None], (*samples.shape[:2], given.observation))
    return jnp.concatenate([samples, repeated], 2)


def least(critics, x):
    return reduce(jnp.minimum, [perceptron(critic, x)[..., 0] for critic in critics])


UNIFORM_LOG_DENSITY = -A * np.log(2)


def mixture(sampler, observation, uniform, centre_noise, around):
    """Samples of Gaussians around the sampler's draws and of the uniform law, and their log densities as actions."""
    centres = perceptron(sampler, beside(observation, centre_noise))
    centre_of = np.arange(given.gaussians) % given.centres  # of each Gaussian sample
    u = jnp.concatenate([centres[:, centre_of] + given.width * around, jnp.arctanh(uniform)], 1)
    squared = ((u[:, :, None] - centres[:, None]) ** 2).sum(3)
    shares = np.bincount(centre_of) / given.values
    near = jax.nn.logsumexp(np.log(shares) - squared / (2 * given.width**2), 2)
    slope = 2 * (np.log(2) - u - jax.nn.softplus(-2 * u))  # log(1 - tanh² u)
    gaussian = near - A / 2 * np.log(2 * np.pi * given.width**2) - slope.sum(2)
    flat = np.log(1 - given.gaussians / given.values) + UNIFORM_LOG_DENSITY
    return jnp.tanh(u), jnp.logaddexp(gaussian, flat)


def critic_loss(critics, targets, sampler, minibatch, noise):
    following = minibatch["nextObservation"]
    samples, log_density = mixture(sampler, following, *noise) if given.centres else (*noise, UNIFORM_LOG_DENSITY)
    q = least(targets, beside(following, samples))
    mean = jax.nn.logsumexp(q / given.temperature - log_density, 1) - jnp.log(given.values)
    value = given.temperature * mean
    goal = given.rewardScale * minibatch["reward"] + given.discount * (1 - minibatch["terminated"]) * value
    pairs = jnp.concatenate([minibatch["action"], minibatch["observation"]], 1)
    return 0.5 * sum(jnp.mean((perceptron(critic, pairs)[:, 0] - goal) ** 2) for critic in critics)


def sampler_loss(sampler, critics, observation, fixed_noise, moved_noise):
    fixed = jax.lax.stop_gradient(perceptron(sampler, beside(observation, fixed_noise)))
    moved = perceptron(sampler, beside(observation, moved_noise))
    action = jnp.tanh(fixed)
    slope = jax.grad(lambda a: least(critics, beside(observation, a)).sum())(action)
    score = slope * (1 - action**2) - 2 * given.temperature * action
    difference = fixed[:, :, None] - jax.lax.stop_gradient(moved)[:, None]
    squared = (difference**2).sum(3)
    quantile = jnp.sort(squared.reshape(B, -1), 1)[:, given.bandwidthRank]
    bandwidth = jnp.maximum(quantile / given.bandwidthDivisor, 1e-3)[:, None, None]
    kernel = jnp.exp(-squared / bandwidth)
    repulsion = -2 * difference * (kernel / bandwidth)[..., None]
    direction = (kernel[..., None] * score[:, :, None] + given.temperature * repulsion).mean(1)
    return -(moved * jax.lax.stop_gradient(direction)).sum(2).mean()


def learn(state, minibatch, value_noise, fixed_noise, moved_noise):
    loss_and_gradient = jax.value_and_grad(critic_loss)
    loss, gradient = loss_and_gradient(state.critics, state.targets, state.sampler, minibatch, value_noise)
    change, critic_adam = critic_optimiser.update(gradient, state.critic_adam)
    critics = optax.apply_updates(state.critics, change)
    observation = minibatch["observation"]
    gradient = jax.grad(sampler_loss)(state.sampler, critics, observation, fixed_noise, moved_noise)
    change, sampler_adam = sampler_optimiser.update(gradient, state.sampler_adam)
    sampler = optax.apply_updates(state.sampler, change)
    updates = state.updates + 1
    polyak = given.targetRate < 1
    nearer = optax.incremental_update(critics, state.targets, given.targetRate) if polyak else critics
    targets = optax.periodic_update(nearer, state.targets, updates, given.targetInterval)
    return State(critics, targets, sampler, critic_adam, sampler_adam, updates), loss


def update(state, replay, key):
    rows, values, fixed, moved, centre, around = jax.random.split(key, 6)
    index = jax.random.randint(rows, (B,), 0, replay["reward"].shape[0])
    minibatch = {name: field[index] for name, field in replay.items()}
    value_noise = [jax.random.uniform(values, (B, given.values - given.gaussians, A), minval=-1, maxval=1)]
    if given.centres:
        sizes = ((centre, given.centres), (around, given.gaussians))
        value_noise += [jax.random.normal(k, (B, count, A)) for k, count in sizes]
    noise = [jax.random.normal(k, (B, count, A)) for k, count in ((fixed, given.fixed), (moved, given.moved))]
    return learn(state, minibatch, value_noise, *noise)[0]


def many(state, replay, key):
    """So many updates as a call makes, and the next key."""
    keys = jax.random.split(key, SCANNED + 1)
    if SCANNED == 1:
        return update(state, replay, keys[0]), keys[1]
    return jax.lax.scan(lambda s, k: (update(s, replay, k), None), state, keys[:-1])[0], keys[-1]


def layers(arrays):
    flat = [jnp.asarray(each) for each in arrays]
    return list(zip(flat[::2], flat[1::2]))


def sampler_of(name):
    return layers(given.network(name))


def critics_of(name):
    arrays = given.network(name)
    length = len(arrays) // given.critics
    return [layers(arrays[k : k + length]) for k in range(0, len(arrays), length)]


def moments(of, name):
    adam = optax.ScaleByAdamState(jnp.int32(given.updates), of(name + "First"), of(name + "Second"))
    return (adam, optax.EmptyState())


def fixture():
    critics, targets = critics_of("before.critic"), critics_of("before.criticTarget")
    adams = moments(critics_of, "before.critic"), moments(sampler_of, "before.sampler")
    return State(critics, targets, sampler_of("before.sampler"), *adams, jnp.int32(given.updates))


def check():
    """One update of the fixture, and how far it is from softq's."""
    minibatch = {name: jnp.asarray(given.of(name)) for name in FIELDS}
    value_names = ("value", "centre", "around") if given.centres else ("value",)
    value_noise, noise = (
        [jnp.asarray(given.of(name)).reshape(B, -1, A) for name in names] for names in (value_names, ("fixed", "moved"))
    )
    after, loss = jax.jit(learn)(fixture(), minibatch, value_noise, *noise)
    found = {"loss": [loss], "criticTarget": jax.tree.leaves(after.targets)}
    for name, network, (adam, _) in (
        ("critic", after.critics, after.critic_adam),
        ("sampler", after.sampler, after.sampler_adam),
    ):
        found |= {name: jax.tree.leaves(network)}
        found |= {name + "First": jax.tree.leaves(adam.mu), name + "Second": jax.tree.leaves(adam.nu)}
    return given.errors(found)


FIELDS = ("observation", "action", "reward", "terminated", "nextObservation")
errors = check()
key = jax.random.key(0)
rows, state = int(given.transitions) // REPLICAS, fixture()
replay = dict(
    observation=jax.random.normal(jax.random.fold_in(key, 1), (REPLICAS, rows, given.observation)),
    action=jax.random.uniform(jax.random.fold_in(key, 2), (REPLICAS, rows, A), minval=-1, maxval=1),
    reward=jax.random.normal(jax.random.fold_in(key, 3), (REPLICAS, rows)),
    terminated=jnp.zeros((REPLICAS, rows)),
    nextObservation=jax.random.normal(jax.random.fold_in(key, 4), (REPLICAS, rows, given.observation)),
)
if REPLICAS > 1:
    state = jax.tree.map(lambda x: jnp.broadcast_to(x, (REPLICAS, *x.shape)).copy(), state)
    step, keys = jax.jit(jax.vmap(many), donate_argnums=0), jax.random.split(key, REPLICAS)
else:
    replay = {name: field[0] for name, field in replay.items()}
    step, keys = jax.jit(many, donate_argnums=0), key


def turn():
    global state, keys
    state, keys = step(state, replay, keys)


turn()
wait = lambda: jax.block_until_ready(state)
wait()
place = jax.devices()[0].device_kind if device == "cuda" else f"{threads} thread{'s' if threads != '1' else ''}"
serve(
    f"JAX {jax.__version__} {mode}, {'TF32' if tf32 else 'float32'}, {place}",
    errors,
    rate_of(turn, wait, SCANNED * REPLICAS, 64 if SCANNED == 1 else 2),
)
