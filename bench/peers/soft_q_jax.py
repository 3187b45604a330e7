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

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from given import Given, rate_of, serve

if not tf32:
    jax.config.update("jax_default_matmul_precision", "highest")
given = Given(path)
B, A = given.batch, given.action
REPLICAS = int(mode.removeprefix("vmap")) if mode.startswith("vmap") else 1
SCANNED = 1 if mode == "jit" else 100


class State(NamedTuple):
    critic: list
    target: list
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


def critic_loss(critic, target, minibatch, samples):
    q = perceptron(target, beside(minibatch["nextObservation"], samples))[..., 0]
    mean = jax.nn.logsumexp(q / given.temperature, 1) - jnp.log(given.values)
    value = given.temperature * (mean + A * jnp.log(2.0))
    goal = given.rewardScale * minibatch["reward"] + given.discount * (1 - minibatch["terminated"]) * value
    predicted = perceptron(critic, jnp.concatenate([minibatch["action"], minibatch["observation"]], 1))[:, 0]
    return 0.5 * jnp.mean((predicted - goal) ** 2)


def sampler_loss(sampler, critic, observation, fixed_noise, moved_noise):
    fixed = jax.lax.stop_gradient(perceptron(sampler, beside(observation, fixed_noise)))
    moved = perceptron(sampler, beside(observation, moved_noise))
    action = jnp.tanh(fixed)
    slope = jax.grad(lambda a: perceptron(critic, beside(observation, a)).sum())(action)
    score = slope * (1 - action**2) - 2 * given.temperature * action
    difference = fixed[:, :, None] - jax.lax.stop_gradient(moved)[:, None]
    squared = (difference**2).sum(3)
    median = jnp.sort(squared.reshape(B, -1), 1)[:, (given.fixed * given.moved + 1) // 2 - 1]
    bandwidth = jnp.maximum(median / jnp.log(given.fixed), 1e-3)[:, None, None]
    kernel = jnp.exp(-squared / bandwidth)
    repulsion = -2 * difference * (kernel / bandwidth)[..., None]
    direction = (kernel[..., None] * score[:, :, None] + given.temperature * repulsion).mean(1)
    return -(moved * jax.lax.stop_gradient(direction)).sum(2).mean()


def learn(state, minibatch, value_noise, fixed_noise, moved_noise):
    loss, gradient = jax.value_and_grad(critic_loss)(state.critic, state.target, minibatch, value_noise)
    change, critic_adam = critic_optimiser.update(gradient, state.critic_adam)
    critic = optax.apply_updates(state.critic, change)
    observation = minibatch["observation"]
    gradient = jax.grad(sampler_loss)(state.sampler, critic, observation, fixed_noise, moved_noise)
    change, sampler_adam = sampler_optimiser.update(gradient, state.sampler_adam)
    sampler = optax.apply_updates(state.sampler, change)
    updates = state.updates + 1
    target = optax.periodic_update(critic, state.target, updates, int(given.targetInterval))
    return State(critic, target, sampler, critic_adam, sampler_adam, updates), loss


def update(state, replay, key):
    rows, values, fixed, moved = jax.random.split(key, 4)
    index = jax.random.randint(rows, (B,), 0, replay["reward"].shape[0])
    minibatch = {name: field[index] for name, field in replay.items()}
    value_noise = jax.random.uniform(values, (B, given.values, A), minval=-1, maxval=1)
    noise = [jax.random.normal(k, (B, count, A)) for k, count in ((fixed, given.fixed), (moved, given.moved))]
    return learn(state, minibatch, value_noise, *noise)[0]


def many(state, replay, key):
    """So many updates as a call makes, and the next key."""
    keys = jax.random.split(key, SCANNED + 1)
    if SCANNED == 1:
        return update(state, replay, keys[0]), keys[1]
    return jax.lax.scan(lambda s, k: (update(s, replay, k), None), state, keys[:-1])[0], keys[-1]


def layers(name):
    flat = [jnp.asarray(each) for each in given.network(name)]
    return list(zip(flat[::2], flat[1::2]))


def moments(name):
    adam = optax.ScaleByAdamState(jnp.int32(given.updates), layers(name + "First"), layers(name + "Second"))
    return (adam, optax.EmptyState())


def fixture():
    networks = [layers("before." + name) for name in ("critic", "criticTarget", "sampler")]
    return State(*networks, moments("before.critic"), moments("before.sampler"), jnp.int32(given.updates))


def check():
    """One update of the fixture, and how far it is from softq's."""
    minibatch = {name: jnp.asarray(given.of(name)) for name in FIELDS}
    noise = [jnp.asarray(given.of(name)).reshape(B, -1, A) for name in ("value", "fixed", "moved")]
    after, loss = jax.jit(learn)(fixture(), minibatch, *noise)
    found = {"loss": [loss]}
    for name, network, (adam, _) in (
        ("critic", after.critic, after.critic_adam),
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
