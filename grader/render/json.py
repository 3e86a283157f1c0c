"""The report as JSON; `report.schema.json` beside this file describes every field, and docs/report.md shows it."""

from __future__ import annotations

import base64
import json
from typing import Any

from grader.model import (
    CheckResult,
    Exchange,
    Exit,
    Failure,
    Flag,
    Isolation,
    Late,
    Location,
    Redirect,
    Report,
    ReportStatus,
    RouteVisit,
    Start,
    Traceback,
)
from grader.render.bodies import decoded
from grader.render.cleaning import clean, escaped
from grader.render.numbers import rounded

SCHEMA_VERSION = "1.1"


def render(report: Report) -> str:
    """One JSON document, indented."""
    return escaped(json.dumps(document(report), ensure_ascii=False, indent=2, allow_nan=False)) + "\n"


def document(report: Report) -> dict[str, Any]:
    """The document as plain values, in the order in which a person reads it."""
    graded = report.status is ReportStatus.GRADED
    return {
        "schema_version": SCHEMA_VERSION,
        "submission": {
            "name": clean(report.submission.name),
            "entry": _text(report.submission.entry),
            "sha256": report.submission.sha256,
        },
        "rubric": {
            "id": report.rubric.id,
            "title": report.rubric.title,
            "version": report.rubric.version,
            "sha256": report.rubric.sha256,
        },
        "status": report.status.value,
        "score": rounded(report.score) if graded and report.score is not None else None,
        "max_score": rounded(report.max_score),
        "percent": rounded(report.percent) if graded and report.percent is not None else None,
        "pass_mark": rounded(report.pass_mark),
        "passed": report.passed if graded else None,
        "late": _late(report.late) if report.late else None,
        "problem": clean(report.problem),
        "advice": clean(report.advice),
        "checks": [_check(check) for check in report.checks],
        "starts": [_start(start) for start in report.starts],
        "exchanges": [_exchange(exchange) for exchange in report.exchanges],
        "routes": [_route(route) for route in report.routes],
        "flags": [_flag(flag) for flag in report.flags],
        "limits_hit": [clean(limit) for limit in report.limits_hit],
        "isolation": _isolation(report.isolation) if report.isolation else None,
        "seed": report.seed or None,
        "partial_view": report.partial_view,
        "started_at": report.started_at,
        "duration_seconds": report.duration_seconds,
        "grader_version": report.grader_version,
    }


def _late(late: Late) -> dict[str, Any]:
    return {"seconds": late.seconds, "percent": rounded(late.percent), "points": rounded(late.points)}


def _text(value: str | None) -> str | None:
    return None if value is None else clean(value)


def _check(result: CheckResult) -> dict[str, Any]:
    outcome = result.outcome
    return {
        "id": result.id,
        "title": clean(result.title),
        "section": clean(result.section),
        "visibility": result.visibility.value,
        "weight": result.weight.value,
        "tags": list(result.tags),
        "status": outcome.status.value,
        "score": rounded(result.score),
        "max_score": rounded(result.max_score),
        "message": clean(outcome.message),
        "expected": clean(outcome.expected),
        "actual": clean(outcome.actual),
        "hint": clean(outcome.hint),
        "location": _location(outcome.location) if outcome.location else None,
        "blocked_by": list(outcome.blocked_by),
        "evidence": list(outcome.evidence),
    }


def _location(location: Location) -> dict[str, Any]:
    return {"path": clean(location.path), "line": location.line or None, "source": clean(location.source)}


def _start(start: Start) -> dict[str, Any]:
    return {
        "id": start.id,
        "condition": clean(start.condition.describe()),
        "state": start.state.value,
        "host": clean(start.address.host) if start.address else None,
        "port": start.address.port if start.address else None,
        "address_source": start.address_source.value if start.address_source else None,
        "listeners": [{"host": clean(a.host), "port": a.port} for a in start.listeners],
        "ready_seconds": start.ready_seconds,
        "seconds": start.seconds,
        "exit": _exit(start.exit) if start.exit else None,
        "log": clean(start.log),
        "truncated": start.log_truncated,
        "traceback": _traceback(start.traceback) if start.traceback else None,
        "limit": clean(start.limit),
        "problem": clean(start.problem),
    }


def _exit(exit: Exit) -> dict[str, Any]:
    return {"code": exit.code, "signal": exit.signal}


def _traceback(traceback: Traceback) -> dict[str, Any]:
    frames = [
        {"path": clean(f.path), "line": f.line, "function": clean(f.function), "own": f.own, "source": clean(f.source)}
        for f in traceback.frames
    ]
    text = clean(traceback.text)
    return {"kind": clean(traceback.kind), "message": clean(traceback.message), "frames": frames, "text": text}


def _exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "id": exchange.id,
        "start": exchange.start,
        "request": {
            "method": exchange.request.method,
            "path": clean(exchange.request.path),
            "headers": [[clean(n), clean(v)] for n, v in exchange.request.headers],
            "body": _body(exchange.request.body, len(exchange.request.body), False, ""),
        },
        "status": exchange.status,
        "reason": clean(exchange.reason),
        "headers": [[clean(n), clean(v)] for n, v in exchange.headers],
        "body": _body(exchange.body, exchange.body_bytes, exchange.truncated, exchange.header("Content-Type") or ""),
        "redirects": [_redirect(redirect) for redirect in exchange.redirects],
        "failure": _failure(exchange.failure) if exchange.failure else None,
        "at": exchange.at,
        "seconds": round(exchange.seconds, 4),
        "curl": clean(exchange.curl),
        "log": clean(exchange.log),
        "traceback": _traceback(exchange.traceback) if exchange.traceback else None,
    }


def _redirect(redirect: Redirect) -> dict[str, Any]:
    return {"path": clean(redirect.path), "status": redirect.status, "location": clean(redirect.location)}


def _failure(failure: Failure) -> dict[str, Any]:
    return {"kind": failure.kind.value, "message": clean(failure.message)}


def _body(data: bytes, size: int, truncated: bool, content_type: str) -> dict[str, Any]:
    """As text where it is text through and through, else in base64."""
    text = decoded(data, content_type, cut=truncated)
    kept = {"text": text} if text is not None else {"base64": base64.b64encode(data).decode("ascii")}
    return {**kept, "bytes": max(size, len(data)), "truncated": truncated}


def _route(route: RouteVisit) -> dict[str, Any]:
    return {
        "rule": clean(route.rule),
        "methods": [clean(m) for m in route.methods],
        "endpoint": clean(route.endpoint),
        "path": clean(route.path),
        "line": route.line or None,
        "exchange": route.exchange,
        "status": route.status,
        "seconds": round(route.seconds, 4) if route.seconds is not None else None,
        "note": clean(route.note),
    }


def _flag(flag: Flag) -> dict[str, Any]:
    return {"kind": flag.kind.value, "message": clean(flag.message), "where": clean(flag.where)}


def _isolation(isolation: Isolation) -> dict[str, Any]:
    return {
        "level": isolation.level.value,
        "why_not_higher": clean(isolation.why_not_higher),
        "mechanisms": list(isolation.mechanisms),
        "missing": list(isolation.missing),
    }
