"""The parts that the evals page is made of, and what they are called."""

from dataclasses import dataclass
from typing import Any, cast

import gradio as gr

from coach.ui.words import I18N
from coach.ui.words.evals import ENGLISH

TICK_S = 1.0
"""Seconds between two looks at the run that is under way."""
JUDGES = ("offline", "mock")
PARTS = ("test", "calibrate", "all")
MISTAKES = ("false_pass", "too_kind", "false_fail", "too_strict", "same_points")


@dataclass(frozen=True)
class Bench:
    """The part of the page that starts runs."""

    suite: gr.Radio
    about: gr.HTML
    judge: gr.Radio
    start: gr.Button
    cancel: gr.Button
    progress: gr.HTML
    ticker: gr.Timer


@dataclass(frozen=True)
class Room:
    """The part of the page that shows what came of runs."""

    runs: gr.Dropdown
    resume: gr.Button
    report: gr.Button
    download: gr.DownloadButton
    told: gr.HTML
    part: gr.Radio
    results: gr.HTML
    split: gr.Radio
    card: gr.Dropdown
    mistake: gr.Dropdown
    wrong: gr.HTML
    at: gr.State
    earlier: gr.Button
    later: gr.Button
    first: gr.Dropdown
    second: gr.Dropdown
    compare: gr.Button
    comparison: gr.HTML


def named(key: str, name: str) -> tuple[Any, str]:
    """A choice and how it is called; a name of its own is shown as it is."""
    return (I18N(f"{key}_{name}") if f"{key}_{name}" in ENGLISH else name, name)


def make_bench(suites: tuple[str, ...]) -> Bench:
    """The part that starts runs, put on the page."""
    with gr.Column(elem_id="evals-bench"):
        suite = gr.Radio(
            [named("evals_suite", name) for name in suites],
            value=suites[0],
            label=I18N("evals_suite"),
            elem_id="evals-suite",
        )
        about = gr.HTML("", elem_id="evals-about")
        with gr.Row(equal_height=True, elem_id="evals-go"):
            judge = gr.Radio(
                [named("evals_judge", name) for name in JUDGES],
                value="offline",
                label=I18N("evals_judge"),
                elem_id="evals-judge",
                scale=2,
            )
            start = gr.Button(I18N("evals_start"), variant="primary", elem_id="evals-start", min_width=140)
            cancel = gr.Button(
                I18N("evals_cancel"), variant="stop", elem_id="evals-cancel", min_width=140, visible=False
            )
        progress = gr.HTML("", elem_id="evals-progress")
    return Bench(suite, about, judge, start, cancel, progress, gr.Timer(TICK_S, active=False))


def make_room() -> Room:
    """The part that shows them, put on the page."""
    with gr.Row(equal_height=True, elem_id="evals-which"):
        runs = gr.Dropdown([], label=I18N("evals_runs"), elem_id="evals-runs", scale=4, min_width=260)
        resume = gr.Button(I18N("evals_resume"), elem_id="evals-resume", min_width=210, visible=False)
        report = gr.Button(I18N("evals_report"), elem_id="evals-report", min_width=250, visible=False)
        download = gr.DownloadButton(
            cast(str, I18N("evals_download")), elem_id="evals-download", min_width=240, visible=False
        )
    told = gr.HTML("", elem_id="evals-told")
    with gr.Tabs(elem_id="evals-tabs"):
        with gr.Tab(I18N("evals_tab_results"), id="results"):
            part = _radio("evals_part", PARTS, "evals-part")
            results = gr.HTML("", elem_id="evals-results")
        with gr.Tab(I18N("evals_tab_wrong"), id="wrong"):
            with gr.Row():
                split = _radio("evals_split", ("calibrate", "test"), "evals-split")
                card = gr.Dropdown([], label=I18N("evals_card"), elem_id="evals-card", min_width=220)
                mistake = gr.Dropdown(
                    [(I18N("evals_any"), ""), *(named("evals_mistake", name) for name in MISTAKES)],
                    value="",
                    label=I18N("evals_mistake"),
                    elem_id="evals-mistake",
                    min_width=220,
                )
            at = gr.State(0)
            wrong = gr.HTML("", elem_id="evals-wrong")
            with gr.Row():
                earlier = gr.Button(I18N("evals_earlier"), elem_id="evals-earlier", visible=False)
                later = gr.Button(I18N("evals_later"), elem_id="evals-later", visible=False)
        with gr.Tab(I18N("evals_tab_compare"), id="compare"):
            with gr.Row(equal_height=True):
                first = gr.Dropdown([], label=I18N("evals_first"), elem_id="evals-first", min_width=260)
                second = gr.Dropdown([], label=I18N("evals_second"), elem_id="evals-second", min_width=260)
                compare = gr.Button(I18N("evals_compare"), elem_id="evals-compare", min_width=120)
            comparison = gr.HTML("", elem_id="evals-comparison")
    return Room(
        runs, resume, report, download, told, part, results, split, card, mistake, wrong, at, earlier, later,
        first, second, compare, comparison,
    )  # fmt: skip


def _radio(key: str, names: tuple[str, ...], place: str) -> gr.Radio:
    return gr.Radio([named(key, name) for name in names], value=names[0], label=I18N(key), elem_id=place, min_width=220)
