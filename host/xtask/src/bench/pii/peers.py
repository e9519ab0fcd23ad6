"""Runs one peer over a log: `peers.py NAME LOG [KINGFISHER]`; prints {"spans": [[start, end]], "seconds": s} with byte offsets.

Loading is not timed, only the looking. Presidio's dates are left out: every line of a log begins with one. Each is used as its own documentation has it: Presidio and its recognisers line by
line (its NER takes no megabyte at once), detect-secrets and Kingfisher on the file.
"""

import json, subprocess, sys, time


def lines_of(log):
    """Yields where each line begins, in bytes, and its text."""
    at = 0
    for line in log.split(b"\n"):
        yield at, line.decode("utf8", "replace")
        at += len(line) + 1


def in_bytes(start, text, span):
    before = len(text[: span[0]].encode())
    return [start + before, start + before + len(text[span[0] : span[1]].encode())]


def presidio(log, model):
    import logging

    import spacy
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    logging.disable(logging.WARNING)
    engine = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": model or "blank"}])
    engine.nlp = {"en": spacy.load(model) if model else spacy.blank("en")}
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
    analyzer.analyze("warm up", language="en")
    begun = time.perf_counter()
    found = [(start, text, analyzer.analyze(text, language="en")) for start, text in lines_of(log)]
    took = time.perf_counter() - begun
    return [in_bytes(start, text, (r.start, r.end)) for start, text, results in found for r in results if r.entity_type != "DATE_TIME"], took


def by_value(log, findings):
    """Spans of values that a tool tells with the number of their line."""
    lines = list(lines_of(log))
    for number, value in findings:
        start, text = lines[number - 1]
        at = text.find(value) if value else -1
        while at >= 0:
            yield in_bytes(start, text, (at, at + len(value)))
            at = text.find(value, at + len(value))


def detect_secrets(path, log):
    from detect_secrets.core.scan import scan_file
    from detect_secrets.settings import default_settings

    with default_settings():
        begun = time.perf_counter()
        found = list(scan_file(path))
        took = time.perf_counter() - begun
    return list(by_value(log, [(secret.line_number, secret.secret_value) for secret in found])), took


def kingfisher(path, log, program):
    command = [program, "scan", path, "--format", "json", "--no-validate", "--no-dedup", "--confidence", "low",
               "--no-update-check", "--jobs", "1"]
    begun = time.perf_counter()
    shown = subprocess.run(command, capture_output=True).stdout
    took = time.perf_counter() - begun
    found = json.loads(shown[shown.index(b"{"):].splitlines()[0])["findings"]
    return list(by_value(log, [(f["finding"]["line"], f["finding"]["snippet"]) for f in found])), took


def main(name, path, *more):
    with open(path, "rb") as file:
        log = file.read()
    if name == "presidio":
        spans, took = presidio(log, more[0] if more else None)
    elif name == "detect-secrets":
        spans, took = detect_secrets(path, log)
    else:
        spans, took = kingfisher(path, log, more[0])
    print(json.dumps({"spans": spans, "seconds": took}))


main(*sys.argv[1:])
