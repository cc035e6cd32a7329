"""Random, generic instances of the derivation cards: values under which their steps must hold.

What a step concludes is computed here in another way (a solver, a minimiser, a sum over edges), never by its own
right-hand side. `DEFINITIONAL` lists the steps that only say what a name stands for.
"""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .latex_numpy import Defined, Distribution, Function

Array = NDArray[np.float64]
Get = Callable[[str], Any]
Environment = dict[str, Any]
Instance = Callable[[np.random.Generator, str], Environment]

INSTANCES: dict[str, Instance] = {}
DEFINITIONAL: frozenset[tuple[str, str]] = frozenset(
    {
        ("generalisation/bias-variance", "model-cross"),
        ("graphs/modularity", "definition"),
        ("graphs/pagerank-as-stationary-distribution", "teleport"),
        ("losses/arcface", "loss"),
        ("optimisation/adam-bias-correction", "recursion"),
        ("probability/kl-and-maximum-likelihood", "definition"),
        ("neighbours/em-for-mixtures", "responsibilities"),
    }
)


def instance(card: str) -> Callable[[Instance], Instance]:
    """Registers the instance of a card."""

    def register(function: Instance) -> Instance:
        INSTANCES[card] = function
        return function

    return register


def softmax(logits: Array) -> Array:
    """Along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def sigmoid(value: Any) -> Any:
    """The logistic function."""
    return 1 / (1 + np.exp(-value))


def numbers(last: int) -> range:
    """1 to `last`, as indices run in formulas."""
    return range(1, last + 1)


def bisect(slope: Callable[[float], float], low: float, high: float) -> float:
    """Where an increasing function changes its sign."""
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if slope(middle) > 0 else (middle, high)
    return (low + high) / 2


def joint(weights: Mapping[str, Array]) -> tuple[list[tuple[int, ...]], list[float]]:
    """All outcomes of independent variables, as positions, with their probabilities."""
    places = list(itertools.product(*(range(len(each)) for each in weights.values())))
    chances = [float(np.prod([each[i] for each, i in zip(weights.values(), place, strict=True)])) for place in places]
    return places, chances


def expectations(outcomes: Mapping[str, Any], chances: list[float]) -> Environment:
    """Mean and variance under one distribution."""
    return {
        r"\mathbb{E}": Distribution(outcomes, chances),
        r"\operatorname{Var}": Distribution(outcomes, chances, variance=True),
    }


def log_loss(label: Any, score: Any) -> Any:
    """Of a score before the logistic function."""
    return np.logaddexp(0, score) - label * score


@instance("trees/xgboost-leaf-weight-and-gain")
def boosted_tree(rng: np.random.Generator, step: str) -> Environment:
    """Log loss, rows dealt out to three leaves; the gain is that of splitting the first two."""
    rows, leaves = 9, 3
    leaf = np.arange(rows) % leaves
    label, score = rng.integers(0, 2, rows).astype(float), rng.normal(size=rows)
    penalty, price = rng.uniform(0.5, 2), rng.uniform(0.5, 2)
    side = 2 * label - 1
    gradient, curvature = -side * sigmoid(-side * score), sigmoid(score) * sigmoid(-score)
    member = (leaf[:, None] == np.arange(leaves)).astype(float)

    def objective(weights: Array, member: Array) -> float:
        output = member @ weights
        quadratic = gradient @ output + output @ (curvature * output) / 2
        return float(quadratic + price * len(weights) + penalty * weights @ weights / 2)

    def minimiser(member: Array) -> Array:
        hessian = member.T @ np.diag(curvature) @ member + penalty * np.eye(member.shape[1])
        return np.linalg.solve(hessian, -member.T @ gradient)

    weight = rng.normal(size=leaves)
    split, whole = member[:, :2], member[:, :2].sum(axis=1, keepdims=True)
    sums = {name: np.bincount(leaf, of) for name, of in (("G", gradient), ("H", curvature))}
    return {f"{name}_{child}": of[place] for name, of in sums.items() for place, child in enumerate("LR")} | {
        **sums, "l": log_loss, "y": label, r"\hat y": score, "p": sigmoid(score), "g": gradient, "h": curvature,
        "w": weight,
        "f": np.sign(gradient) * rng.uniform(0.25, 0.3, rows) if step == "taylor" else member @ weight,
        "T": leaves, r"\gamma": price, r"\lambda": penalty, "w^*": minimiser(member),
        r"\tilde{\mathcal L}": lambda weights: objective(weights, member),
        r"\mathcal L_{\text{before}}": objective(minimiser(whole), whole),
        r"\mathcal L_{\text{after}}": objective(minimiser(split), split),
        "i": numbers(rows), "j": numbers(leaves),
    }  # fmt: skip


@instance("regularisation/l1-and-l2")
def penalties(rng: np.random.Generator, step: str) -> Environment:
    """One coordinate, several of them with some below the threshold, and a regression."""
    strength = rng.uniform(0.5, 1.5)
    signs = rng.choice([-1.0, 1.0], 6)
    pulls = signs * strength * np.array([0.2, 0.5, 0.9, 1.3, 2.0, 3.0])

    def lasso(pull: float) -> float:
        return bisect(lambda w: w - pull + strength * (1 if w > 0 else -1), -10, 10)

    def ridge(pull: float) -> float:
        return bisect(lambda w: w - pull + strength * w, -10, 10)

    design, target = rng.normal(size=(6, 3)), rng.normal(size=6)
    stacked = np.vstack([design, np.sqrt(strength) * np.eye(3)])
    vector = step in ("ridge-gradient", "ridge")
    return {
        r"\lambda": strength,
        "z": pulls if step in ("soft-threshold", "rescaling", "exact-zero") else float(pulls[1]),
        "w": rng.normal(size=3) if vector else float(rng.choice([-1, 1]) * rng.uniform(0.5, 2)),
        "w^{L1}": np.array([lasso(pull) for pull in pulls]),
        "w^{L2}": np.array([ridge(pull) for pull in pulls]),
        "X": design, "y": target, "I": np.eye(3), "j": numbers(6),
        r"\hat w": np.linalg.lstsq(stacked, np.concatenate([target, np.zeros(3)]), rcond=None)[0],
    }  # fmt: skip


@instance("graphs/modularity")
def communities(rng: np.random.Generator, step: str) -> Environment:
    """A random graph in three communities; a node set apart, or two communities to merge, where a step asks for it."""
    nodes = 9
    upper = np.triu(rng.random((nodes, nodes)) < 0.6, 1).astype(float)
    upper[0, 1:] = 1
    adjacency = upper + upper.T
    label = np.concatenate([[1, 2, 3], rng.integers(1, 4, nodes - 3)])
    label = np.array([4, 1, 2, 3, *label[4:]]) if step == "gain" else label
    degree, edges = adjacency.sum(axis=1), upper.sum()

    def quality(label: Any) -> float:
        member = (label[:, None] == np.arange(1, 5)).astype(float)
        excess = adjacency - np.outer(degree, degree) / degree.sum()
        return float(np.trace(member.T @ excess @ member) / degree.sum())

    moved = np.where(label == 4, 1, label) if step == "gain" else np.where(label == 2, 1, label)
    pairs = [(i, j) for i in range(nodes) for j in range(i) if adjacency[i, j]]
    groups = numbers(4 if step == "gain" else 3)
    return {
        "A": adjacency, "k": degree, "m": edges, "c": label, "Q": quality(label), "n": nodes,
        "L": np.array([sum(label[i] == label[j] == c for i, j in pairs) for c in groups]),
        "d": np.array([degree[label == c].sum() for c in groups]),
        r"Q_{\text{before}}": quality(label), r"Q_{\text{after}}": quality(moved),
        "k_{i,C}": sum(label[j] == 1 for j in range(nodes) if adjacency[0, j]),
        "e": sum({label[i], label[j]} == {1, 2} for i, j in pairs),
        "i": 1 if step == "gain" else numbers(nodes), "j": numbers(nodes), "C": 1 if step == "gain" else groups,
    }  # fmt: skip


@instance("graphs/laplacian")
def laplacian(rng: np.random.Generator, step: str) -> Environment:
    """A random graph, of two components where a step asks for it; its Laplacian from the incidence matrix."""
    nodes = 7
    apart = step == "components"
    pairs = [(i, j) for j in range(nodes) for i in range(j) if i == j - 1 or rng.random() < 0.4]
    pairs = [(i, j) for i, j in pairs if not apart or (i < 3) == (j < 3)]
    incidence = np.zeros((nodes, len(pairs)))
    for edge, (i, j) in enumerate(pairs):
        incidence[i, edge], incidence[j, edge] = 1, -1
    adjacency = np.zeros((nodes, nodes))
    for i, j in pairs:
        adjacency[i, j] = adjacency[j, i] = 1
    degree = np.array([sum(node in pair for pair in pairs) for node in range(nodes)], dtype=float)
    matrix = incidence @ incidence.T
    values, vectors = np.linalg.eigh(matrix)
    scaled = incidence / np.sqrt(degree)[:, None]
    signal = rng.normal(size=nodes)
    return {
        "L": matrix, "A": adjacency, "D": np.diag(degree), "d": degree, "B": incidence, "I": np.eye(nodes),
        "E": tuple((i + 1, j + 1) for i, j in pairs), "i": numbers(nodes), "n": nodes, "c": 2,
        "x": signal - signal.mean() if step == "second-eigenvalue" else signal, "v": vectors[:, 1] * 2,
        r"\lambda_2": values[1], r"\mathbf 1": np.ones(nodes), r"\mathbf 1_C": (np.arange(nodes) < 3).astype(float),
        r"\operatorname{rank}": np.linalg.matrix_rank, r"L_{\text{sym}}": scaled @ scaled.T,
    }  # fmt: skip


@instance("graphs/pagerank-as-stationary-distribution")
def random_surfer(rng: np.random.Generator, step: str) -> Environment:
    """A random web, with a dangling page once teleportation comes in; ranks from the eigenvectors."""
    pages, follow = 6, rng.uniform(0.6, 0.9)
    plain = step in ("rank-flow", "stationary", "rows")
    links = (rng.random((pages, pages)) < 0.4) & ~np.eye(pages, dtype=bool)
    links[np.arange(pages), (np.arange(pages) + 1) % pages] = True
    links[0, 2] = True
    if not plain:
        links[3] = False
    counts = links.sum(axis=1)
    raw = links / np.maximum(counts, 1)[:, None]
    repaired = np.where(counts[:, None] > 0, raw, 1 / pages)
    surfer = np.array([[follow * repaired[i, j] + (1 - follow) / pages for j in range(pages)] for i in range(pages)])
    values, vectors = np.linalg.eig((raw if plain else surfer).T)
    rank = np.real(vectors[:, np.argmax(values.real)])
    rank = rank / rank.sum()
    current = rng.dirichlet(np.ones(pages))
    return {
        r"\pi": rank, "k": counts, "P": raw, "S": repaired, "H": raw, "G": surfer, "d": follow, "n": pages,
        "B": {i + 1: tuple(j + 1 for j in range(pages) if links[j, i]) for i in range(pages)},
        "a": (counts == 0).astype(float), r"\mathbf 1": np.ones(pages), r"\pi_t": current,
        r"\pi_{t+1}": current @ surfer, "i": numbers(pages), "j": numbers(pages),
    }  # fmt: skip


@instance("attention/scaling")
def scores(rng: np.random.Generator, step: str) -> Environment:
    """Independent two-valued components, of mean 0 and variance 1 but where only independence matters."""
    size, vectors = (2, 3) if step == "gap" else (3, 2)
    odds = rng.uniform(0.2, 0.8, vectors * size)
    chances = {str(i): np.array([p, 1 - p]) for i, p in enumerate(odds)}
    levels = np.stack([np.sqrt((1 - odds) / odds), -np.sqrt(odds / (1 - odds))], axis=1)
    if step == "independence":
        levels = levels * rng.uniform(1, 2, (vectors * size, 1)) + rng.normal(size=(vectors * size, 1))
    places, weights = joint(chances)
    drawn = [np.array([levels[i, choice] for i, choice in enumerate(place)]) for place in places]
    outcomes = {name: [x[i * size : (i + 1) * size] for x in drawn] for i, name in enumerate(("q", "k", "k'"))}
    return expectations(outcomes, weights) | {
        "d_k": size, "s": 2 * rng.normal(size=4), "p": Defined(lambda get: softmax(get("s"))),
        "i": numbers(4 if step in ("jacobian", "vanishing") else size), "j": numbers(4), "m": numbers(4),
    }  # fmt: skip


@instance("probability/kl-and-maximum-likelihood")
def divergence(rng: np.random.Generator, step: str) -> Environment:
    """Two distributions over four values, the model being a softmax of its parameters; a sample."""
    size = 4
    data, parameters = rng.dirichlet(np.full(size, 3.0)), rng.normal(size=size)
    sample = np.concatenate([numbers(size), rng.integers(1, size + 1, 8)])
    share = np.bincount(sample - 1) / len(sample)

    def table(of: Callable[[float], float]) -> Array:
        return np.array([of(value) for value in numbers(size)])

    def entropy(first: Any, second: Any = None) -> float:
        return float(-table(first) @ np.log(table(second or first)))

    return {
        "p": lambda x: data[int(x) - 1], r"\hat p": lambda x: share[int(x) - 1],
        r"p_\theta": Function(lambda get, x: softmax(get(r"\theta"))[int(x) - 1]), r"\theta": parameters,
        "D_{KL}": lambda p, q: float(np.sum(table(p) * (np.log(table(p)) - np.log(table(q))))), "H": entropy,
        r"\mathbb{E}_{x \sim p}": Distribution({"x": list(numbers(size))}, list(data)),
        "x": sample, "n": len(sample), "v": numbers(size),
    }  # fmt: skip


@instance("losses/arcface")
def angular_margin(rng: np.random.Generator, step: str) -> Environment:
    """Random embeddings and class weights; angles from chord lengths, not from cosines."""
    rows, classes, size = 4, 3, 5
    embedding, weight = rng.normal(size=(rows, size)), rng.normal(size=(classes, size))
    label = rng.integers(1, classes + 1, rows)
    unit_x, unit_w = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (embedding, weight))
    chords = np.linalg.norm(unit_x[:, None] - unit_w[None], axis=2)
    angles = 2 * np.arcsin(chords / 2)
    scale, margin = rng.uniform(2, 5), rng.uniform(0.2, 0.6)
    chosen = np.arange(1, classes + 1) == label[:, None]
    shifted = np.where(chosen, angles + margin, angles)
    loss = -np.mean(np.log(softmax(scale * np.cos(shifted)))[chosen])
    pair = rng.uniform(0.3, 1.5, 2)
    return {
        "x": embedding, "W": weight, r"\hat x": unit_x, r"\hat W": unit_w, "y": label, "s": scale, "m": margin,
        r"\theta": float(pair[0]) if step == "margin" else pair if step == "boundary" else angles,
        "L": loss, "N": rows, "i": numbers(rows), "j": numbers(classes),
        "p": softmax(scale * np.cos(pair + np.array([margin, 0]))),
    }  # fmt: skip


@instance("losses/softmax-cross-entropy-gradient")
def cross_entropy(rng: np.random.Generator, step: str) -> Environment:
    """Soft labels; the logits come from a linear layer where a step asks for it."""
    classes, size = 4, 3
    linear = step in ("weights", "backwards")
    return {
        "z": Defined(lambda get: get("W") @ get("h") + get("b")) if linear else rng.normal(size=classes),
        "y": rng.dirichlet(np.ones(classes)), "p": Defined(lambda get: softmax(get("z"))),
        "L": Defined(lambda get: float(-get("y") @ np.log(get("p")))),
        "W": rng.normal(size=(classes, size)), "h": rng.normal(size=size), "b": rng.normal(size=classes),
        "i": numbers(classes), "j": numbers(size if step == "weights" else classes), "k": numbers(classes),
    }  # fmt: skip


def batch_norm_layer(rng: np.random.Generator) -> Environment:
    """One feature over a batch, and a loss of its outputs."""
    rows = 5
    slope, bend = rng.normal(size=rows), rng.uniform(0.5, 1.5, rows)
    return {
        "x": rng.normal(size=rows) + 0.5, "m": rows, r"\epsilon": 0.3, r"\gamma": rng.uniform(0.5, 2),
        r"\beta": rng.normal(), r"\mu_B": Defined(lambda get: np.mean(get("x"))),
        r"\sigma_B^2": Defined(lambda get: np.mean((get("x") - get(r"\mu_B")) ** 2)),
        r"\hat x": Defined(lambda get: (get("x") - get(r"\mu_B")) / np.sqrt(get(r"\sigma_B^2") + get(r"\epsilon"))),
        "y": Defined(lambda get: get(r"\gamma") * get(r"\hat x") + get(r"\beta")),
        "L": Defined(lambda get: float(np.sum(slope * get("y") + bend * np.sin(get("y"))))),
        "g": Defined(lambda get: slope + bend * np.cos(get("y"))), "i": numbers(rows), "j": numbers(rows),
    }  # fmt: skip


@instance("neural-networks/batch-norm-backward")
def batch_norm_backward(rng: np.random.Generator, step: str) -> Environment:
    """Mean and variance are quantities of their own, so that one can differentiate with respect to them."""
    return batch_norm_layer(rng)


@instance("neural-networks/batch-norm")
def batch_norm(rng: np.random.Generator, step: str) -> Environment:
    """A batch, and the running mean over several batches."""
    batches, rate = 5, rng.uniform(0.1, 0.4)
    means = rng.normal(size=batches)
    running = {0: rng.normal()}
    for number in numbers(batches):
        running[number] = running[number - 1] + rate * (means[number - 1] - running[number - 1])
    return batch_norm_layer(rng) | {r"\bar\mu": running, r"\mu": means, r"\alpha": rate, "T": batches}


@instance("linear-models/logistic-gradient")
def logistic(rng: np.random.Generator, step: str) -> Environment:
    """Random rows, labels and weights."""
    rows, size = 6, 3
    design, label, weight = rng.normal(size=(rows, size)), rng.integers(0, 2, rows).astype(float), rng.normal(size=size)
    chance = sigmoid(design @ weight)
    return {
        "X": design, "x": design, "y": label, "w": weight, "z": Defined(lambda get: design @ get("w")),
        "p": Defined(lambda get: sigmoid(get("z"))), "S": np.diag(chance * (1 - chance)), "v": rng.normal(size=size),
        "L": Defined(lambda get: float(np.sum(np.logaddexp(0, get("z")) - label * get("z")))),
        r"\lambda": rng.uniform(0.5, 2), "I": np.eye(size), "i": numbers(rows),
    }  # fmt: skip


@instance("linear-models/normal-equation")
def least_squares(rng: np.random.Generator, step: str) -> Environment:
    """Random rows and targets; the solution from a QR or SVD solver."""
    rows, size = 6, 3
    design, target = rng.normal(size=(rows, size)), rng.normal(size=rows)

    def density(value: float, mean: float, variance: float) -> float:
        return float(np.exp(-((value - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance))

    return {
        "X": design, "x": design, "y": target, "w": rng.normal(size=size), "n": rows, "i": numbers(rows),
        r"\hat w": np.linalg.lstsq(design, target, rcond=None)[0], r"\sigma": rng.uniform(0.5, 1.5),
        "J": lambda w: float(np.sum((target - design @ w) ** 2)), r"\mathcal N": density,
    }  # fmt: skip


@instance("optimisation/adam-bias-correction")
def moving_averages(rng: np.random.Generator, step: str) -> Environment:
    """Moving averages by their recursion: along one path of gradients, or over all paths of independent ones."""
    steps = 4
    first, second = rng.uniform(0.5, 0.9), rng.uniform(0.9, 0.99)

    def average(values: Array, rate: float) -> dict[int, float]:
        found = {0: 0.0}
        for number in numbers(len(values)):
            found[number] = rate * found[number - 1] + (1 - rate) * values[number - 1]
        return found

    path = rng.normal(size=steps)
    m, v = average(path, first), average(path**2, second)
    environment: Environment = {
        r"\beta_1": first, r"\beta_2": second, "t": numbers(steps), "m": m, "v": v, "g": path,
        r"\hat m": np.array([m[t] / (1 - first**t) for t in numbers(steps)]),
        r"\hat v": np.array([v[t] / (1 - second**t) for t in numbers(steps)]),
    }  # fmt: skip
    if step not in ("expectation", "second-moment", "unbiased"):
        return environment
    levels, chances = rng.normal(size=3) + 1, rng.dirichlet(np.ones(3))
    places, weights = joint({str(t): chances for t in numbers(steps)})
    paths = [levels[list(place)] for place in places]
    outcomes = {"g": paths, "m": [average(x, first) for x in paths], "v": [average(x**2, second) for x in paths]}
    return {name: environment[name] for name in (r"\beta_1", r"\beta_2", "t")} | expectations(outcomes, weights)


@instance("svm/where-support-vectors-come-from")
def support_vectors(rng: np.random.Generator, step: str) -> Environment:
    """Separable points around a margin, with multipliers that satisfy the KKT conditions; or free variables."""
    size, support, others = 3, 4, 4
    normal, offset = rng.normal(size=size), rng.normal()
    square = normal @ normal
    label = np.array([1.0, 1.0, -1.0, -1.0] * 2)
    share = rng.uniform(0.3, 0.7, 2)
    multiplier = np.array([share[0], 1 - share[0], share[1], 1 - share[1], 0, 0, 0, 0]) * square / 2
    tangent = rng.normal(size=(support + others, size))
    tangent -= np.outer(tangent @ normal, normal) / square
    tangent[3] = (multiplier * label)[:3] @ tangent[:3] / multiplier[3]
    distance = np.concatenate([np.ones(support), 1 + rng.uniform(0.2, 1, others)])
    points = ((label * distance - offset) / square)[:, None] * normal + tangent
    loose = rng.uniform(0.1, 1, support + others)
    balanced = np.where(label > 0, loose / loose[label > 0].sum(), loose / loose[label < 0].sum())
    free = balanced if step == "dual" else loose
    slack = rng.uniform(0, 1, support + others)

    def lagrangian(get: Get) -> float:
        margins = label * (points @ get("w") + get("b"))
        value = get("w") @ get("w") / 2 - get(r"\alpha") @ (margins - 1)
        if step == "soft-margin":
            value += get("C") * get(r"\xi").sum() - get(r"\alpha") @ get(r"\xi") - get(r"\mu") @ get(r"\xi")
        return float(value)

    return {
        "x": points, "y": label, "w": (free * label) @ points if step == "dual" else rng.normal(size=size),
        "b": rng.normal(), r"\alpha": free, "w^*": normal, "b^*": offset, r"\alpha^*": multiplier,
        "L": Defined(lagrangian), "S": tuple(numbers(support)), "u": rng.normal(size=size), r"\xi": slack,
        r"\mu": rng.uniform(0, 1, support + others), "C": rng.uniform(1, 2), "i": numbers(support + others),
        "j": numbers(support + others), "x_+": points[0], "x_-": points[2],
    }  # fmt: skip


@instance("generalisation/bias-variance")
def squared_error(rng: np.random.Generator, step: str) -> Environment:
    """At one input: predictions over random training sets, and noise independent of them.

    The expansions are algebra: they must hold for noise of any mean, for dependent noise, and around any centre.
    """
    truth = rng.normal()
    predictions, chances = truth + rng.normal(size=4) + 0.5, rng.dirichlet(np.ones(4))
    odds, size = rng.uniform(0.2, 0.8), rng.uniform(0.5, 1.5)
    noise = size * np.array([np.sqrt((1 - odds) / odds), -np.sqrt(odds / (1 - odds))])
    odds_of = np.array([odds, 1 - odds])
    if step in ("shrinkage", "best-shrinkage"):
        rows = 3
        places, weights = joint({str(i): odds_of for i in range(rows)})
        outcomes = {r"\bar z": [truth + noise[list(place)].mean() for place in places]}
        return expectations(outcomes, weights) | {"n": rows, r"\mu": truth, "c": rng.uniform(0.3, 0.9), r"\sigma": size}
    places, weights = joint({"model": chances, "noise": odds_of})
    if step in ("expand", "noise-cross"):
        noise = noise + rng.uniform(0.5, 1)
    if step == "expand":
        weights = list(rng.dirichlet(np.ones(len(places))))
    centre = rng.normal() if step == "centre" else predictions @ chances
    outcomes = {
        r"\hat f": [predictions[i] for i, _ in places],
        r"\varepsilon": [noise[j] for _, j in places],
        "y": [truth + noise[j] for _, j in places],
    }
    return expectations(outcomes, weights) | {"f": truth, r"\bar f": centre, r"\sigma": size}


@instance("neural-networks/back-propagation")
def two_layers(rng: np.random.Generator, step: str) -> Environment:
    """Two layers with tanh between them, of equal sizes so that a wrong formula can be computed as well."""
    return {
        "x": rng.normal(size=4), "y": np.eye(4)[rng.integers(4)],
        "W_1": rng.normal(size=(4, 4)), "b_1": rng.normal(size=4),
        "W_2": rng.normal(size=(4, 4)), "b_2": rng.normal(size=4),
        "z_1": Defined(lambda get: get("W_1") @ get("x") + get("b_1")), "h": Defined(lambda get: np.tanh(get("z_1"))),
        "z_2": Defined(lambda get: get("W_2") @ get("h") + get("b_2")), "p": Defined(lambda get: softmax(get("z_2"))),
        "L": Defined(lambda get: float(-get("y") @ np.log(get("p")))), r"\phi": np.tanh,
        r"\phi'": lambda z: np.cosh(z) ** -2,
    }  # fmt: skip


@instance("linear-models/pca")
def principal_components(rng: np.random.Generator, step: str) -> Environment:
    """Centred rows; eigenvalues from the covariance, directions from the SVD of the data."""
    rows, size, kept = 8, 4, 2
    design = rng.normal(size=(rows, size)) * np.array([2.0, 1.5, 1.0, 0.5])
    design -= design.mean(axis=0)
    left, singular, right = np.linalg.svd(design, full_matrices=False)
    covariance = np.cov(design.T, bias=True)
    direction = rng.normal(size=size)
    free = step in ("lagrangian", "variance")
    return {
        "X": design, "x": design, "n": rows, "d": size, "q": kept, "S": covariance, "i": numbers(rows),
        "v": direction if free else direction / np.linalg.norm(direction), "u_1": right[0],
        r"\lambda": rng.normal() if step == "lagrangian" else np.linalg.eigvalsh(covariance)[::-1],
        "U": left, "V": right.T, "V_q": right[:kept].T, r"\Sigma": np.diag(singular), "s": singular, "k": numbers(size),
    }  # fmt: skip


@instance("neighbours/em-for-mixtures")
def mixture(rng: np.random.Generator, step: str) -> Environment:
    """A mixture of three Gaussians on the line, rows, and any distribution q over the components of each row."""
    rows, parts = 8, 3
    data = rng.normal(size=rows)
    means, spreads, shares = rng.normal(size=parts), rng.uniform(0.7, 2, parts), rng.dirichlet(np.full(parts, 3.0))
    any_q = rng.dirichlet(np.ones(parts), rows)

    def density(value: float, mean: float, variance: float) -> Any:
        return np.exp(-((value - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)

    def logs(means: Array, spreads: Array, shares: Array) -> Array:
        return np.log(shares) - np.log(2 * np.pi * spreads) / 2 - (data[:, None] - means) ** 2 / (2 * spreads)

    old_logs = logs(means, spreads, shares)
    given = softmax(old_logs)
    total = given.sum(axis=0)
    new_means = np.array([np.average(data, weights=given[:, k]) for k in range(parts)])
    new_spreads = np.array([np.average((data - new_means[k]) ** 2, weights=given[:, k]) for k in range(parts)])
    new_logs = logs(new_means, new_spreads, total / rows)
    names = r"\mu", r"\sigma^2", r"\pi"
    return {
        "x": data, "n": rows, "K": parts, r"\mu": means, r"\sigma^2": spreads, r"\pi": shares, "q": any_q, "r": given,
        "N": total, "r'": softmax(new_logs), r"\mathcal N": density, r"\lambda": rng.uniform(1, 2),
        "p": Function(lambda get, x: sum(c * density(x, a, b) for a, b, c in zip(*map(get, names), strict=True))),
        "Q": Defined(lambda get: float(np.sum(given * logs(*map(get, names))))),
        r"\ell_{\text{new}}": float(np.log(np.exp(new_logs).sum(axis=1)).sum()),
        r"\ell_{\text{old}}": float(np.log(np.exp(old_logs).sum(axis=1)).sum()),
        r"Q_{\text{new}}": float(np.sum(given * new_logs)), r"Q_{\text{old}}": float(np.sum(given * old_logs)),
        "i": numbers(rows), "k": numbers(parts), "j": numbers(parts),
    }  # fmt: skip
