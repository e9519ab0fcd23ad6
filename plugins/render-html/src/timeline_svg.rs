//! The drawing of a timeline: the whole of it to scale as a strip, then each event on a rail that grows with the
//! time between two.
//!
//! Must not know: JSON, the document. Invariants: no two labels overlap, since a row is at least as high as its
//! lines; a drawing is cut into parts that fit on a sheet, each with a title of its own; colour is never the only
//! way something is said. It is drawn twice, for wide and for narrow screens, as text in a drawing does not wrap.

use crate::escape::{escaped, has_right_to_left, label};
use crate::measure::{cut, wrap};
use crate::timeline::{Event, Timeline, duration_text};
use crate::writer::Writer;
use trcaa_sdk::render::RenderError;

/// Most that a gap in time adds between two rows; longer ones are dashed.
const GAP_PX_MAX: i64 = 96;
/// What all gaps together may add.
const GAPS_PX_MAX: i64 = 640;
/// What gaps add for each event, on average.
const GAP_PX_EACH: i64 = 28;
/// Height of a part after which the next begins: small enough to leave little of a sheet empty.
const PART_PX_MAX: i64 = 260;
const LINE_PX: i64 = 20;
const STRIP_PX: i64 = 62;

/// Where things are in one of the two drawings; lengths in px.
struct Plan {
    class: &'static str,
    width: i64,
    rail: i64,
    text: i64,
    /// Whether the time stands left of the rail instead of above the text.
    time_left: bool,
}

const PLANS: [Plan; 2] = [
    Plan { class: "wide", width: 720, rail: 148, text: 172, time_left: true },
    Plan { class: "narrow", width: 340, rail: 9, text: 30, time_left: false },
];

struct Row<'a> {
    event: &'a Event,
    since: Option<String>,
    lines: Vec<String>,
    height: i64,
    dashed: bool,
    new_day: bool,
}

impl Timeline {
    /// Writes the figure.
    pub(crate) fn write(&self, writer: &mut Writer<'_>) -> Result<(), RenderError> {
        writer.markup("<figure class=\"timeline\">\n")?;
        for plan in &PLANS {
            self.write_plan(plan, writer)?;
        }
        let thinned = self.total > self.events.len();
        let dashed = self.rows(&PLANS[0]).iter().any(|row| row.dashed);
        if thinned || dashed {
            let first = if thinned {
                format!("Drawn are {} of {} events. ", self.events.len(), self.total)
            } else {
                String::new()
            };
            let second = if dashed { "Where the line is dashed, the gap is shortened." } else { "" };
            writer.markup(&format!("<figcaption>{}</figcaption>\n", format!("{first}{second}").trim()))?;
        }
        writer.markup("</figure>\n")
    }

    fn span_ms(&self) -> i64 {
        match (self.events.first(), self.events.last()) {
            (Some(Event { at_ms: Some(first), .. }), Some(Event { at_ms: Some(last), .. })) if self.timed => {
                last - first
            }
            _ => 0,
        }
    }

    /// A number of px and the time it stands for, such that the gaps fill `spread_px`, of which those that are cut
    /// to their greatest length have their part: so one quiet week does not press an eventful hour together.
    fn scale(&self, spread_px: i64) -> (i64, i64) {
        let times = || self.events.iter().map_while(|event| event.at_ms.filter(|_| self.timed));
        let mut gaps: Vec<i64> = times().zip(times().skip(1)).map(|(before, after)| after - before).collect();
        gaps.sort_unstable();
        let (mut px, mut ms) = (spread_px, gaps.iter().sum::<i64>());
        while let Some(gap) = gaps.pop() {
            if px <= GAP_PX_MAX || scaled(gap, px, ms) <= GAP_PX_MAX {
                break;
            }
            px -= GAP_PX_MAX;
            ms -= gap;
        }
        (px, ms)
    }

    fn rows(&self, plan: &Plan) -> Vec<Row<'_>> {
        let count = i64::try_from(self.events.len()).unwrap_or(0);
        let (gaps_px, gaps_ms) = self.scale(std::cmp::min(GAPS_PX_MAX.max(count * 8), count * GAP_PX_EACH));
        let mut rows: Vec<Row<'_>> = Vec::with_capacity(self.events.len());
        for event in &self.events {
            let before = rows.last_mut();
            let gap_ms = match &before {
                Some(Row { event: Event { at_ms: Some(before), .. }, .. }) if self.timed => {
                    event.at_ms.map(|at| at - before)
                }
                _ => None,
            };
            let mut new_day = true;
            if let Some(before) = before {
                let wanted = gap_ms.map_or(0, |gap| scaled(gap, gaps_px, gaps_ms));
                before.dashed = wanted > GAP_PX_MAX;
                before.height += wanted.min(GAP_PX_MAX);
                new_day = split_time(before.event).0 != split_time(event).0;
            }
            let lines = wrap(&event.text, plan.width - plan.text);
            let text_lines = lines.len() + usize::from(!event.kind.is_empty()) + usize::from(!plan.time_left);
            let time_lines = if plan.time_left { 2 + usize::from(new_day && event.at_ms.is_some()) } else { 1 };
            let height = i64::try_from(text_lines.max(time_lines)).unwrap_or(1) * LINE_PX + 18;
            let since = gap_ms.filter(|gap| *gap > 0).map(|gap| format!("+{}", duration_text(gap)));
            rows.push(Row { event, since, lines, height, dashed: false, new_day });
        }
        rows
    }

    fn write_plan(&self, plan: &Plan, writer: &mut Writer<'_>) -> Result<(), RenderError> {
        let rows = self.rows(plan);
        if self.span_ms() > 0 && rows.len() > 2 {
            self.write_strip(plan, writer)?;
        }
        let mut parts: Vec<Vec<&Row<'_>>> = Vec::new();
        let mut part_px = PART_PX_MAX;
        for row in &rows {
            if part_px + row.height > PART_PX_MAX {
                parts.push(Vec::new());
                part_px = 0;
            }
            part_px += row.height;
            parts.last_mut().expect("a part begins with the first row").push(row);
        }
        let mut from = 1;
        let count = parts.len();
        for (at, part) in parts.iter().enumerate() {
            let to = from + part.len() - 1;
            let title = format!("Timeline, events {from} to {to} of {}; the document has them as text too", rows.len());
            from = to + 1;
            let height: i64 = part.iter().map(|row| row.height).sum();
            open_svg(plan, height, &title, writer)?;
            let mut y = 0;
            for (row_at, row) in part.iter().enumerate() {
                let first = at == 0 && row_at == 0;
                let last = at + 1 == count && row_at + 1 == part.len();
                write_row(plan, row, y, first, last, writer)?;
                y += row.height;
            }
            writer.markup("</svg>\n")?;
        }
        Ok(())
    }

    /// The whole span to scale, a tick for each event.
    fn write_strip(&self, plan: &Plan, writer: &mut Writer<'_>) -> Result<(), RenderError> {
        let (Some(first), Some(last)) = (self.events.first(), self.events.last()) else { return Ok(()) };
        let span_ms = self.span_ms();
        let duration = duration_text(span_ms);
        let title = format!("{} events in {duration}, from {} to {}, to scale", self.total, first.time, last.time);
        open_svg(plan, STRIP_PX, &title, writer)?;
        let (left, right) = (6, plan.width - 6);
        writer.markup(&format!(
            "<rect class=\"strip\" x=\"0\" y=\"6\" width=\"{}\" height=\"16\" rx=\"8\"/>\n",
            plan.width
        ))?;
        for event in &self.events {
            let since = event.at_ms.unwrap_or(0) - first.at_ms.unwrap_or(0);
            let x = left + scaled(since, right - left - 4, span_ms);
            writer.markup(&format!(
                "<rect class=\"mark {}\" x=\"{x}\" y=\"4\" width=\"4\" height=\"20\" rx=\"2\"/>\n",
                family(&event.kind)
            ))?;
        }
        let y = 42;
        let days = (split_time(first).0, split_time(last).0);
        let short = |event: &Event| match split_time(event) {
            _ if plan.time_left => event.time.clone(),
            (_, clock) if days.0 == days.1 => clock,
            (date, _) => date,
        };
        writer.markup(&format!("<text class=\"when\" x=\"0\" y=\"{y}\">{}</text>\n", escaped(&short(first))))?;
        writer.markup(&format!(
            "<text class=\"span\" x=\"{}\" y=\"{y}\" text-anchor=\"middle\">{duration}</text>\n",
            plan.width / 2
        ))?;
        writer.markup(&format!(
            "<text class=\"when\" x=\"{}\" y=\"{y}\" text-anchor=\"end\">{}</text>\n</svg>\n",
            plan.width,
            escaped(&short(last))
        ))
    }
}

/// `part × length / whole`, where the product may be beyond 64 bits; of nothing, nothing.
fn scaled(part: i64, length: i64, whole: i64) -> i64 {
    i64::try_from(i128::from(part) * i128::from(length) / i128::from(whole.max(1))).unwrap_or(0)
}

fn open_svg(plan: &Plan, height: i64, title: &str, writer: &mut Writer<'_>) -> Result<(), RenderError> {
    let Plan { class, width, .. } = plan;
    writer.markup(&format!(
        "<svg class=\"{class}\" role=\"img\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n<title>{}</title>\n",
        escaped(title)
    ))
}

fn write_row(
    plan: &Plan,
    row: &Row<'_>,
    y: i64,
    first: bool,
    last: bool,
    writer: &mut Writer<'_>,
) -> Result<(), RenderError> {
    let Plan { rail, text, .. } = *plan;
    let kind = family(&row.event.kind);
    let dot = y + 13;
    let from = if first { dot } else { y };
    if !first {
        writer.markup(&format!("<path class=\"rail\" d=\"M{rail} {from}V{dot}\"/>\n"))?;
    }
    if !last {
        let dashed = if row.dashed { " dashed" } else { "" };
        writer.markup(&format!("<path class=\"rail{dashed}\" d=\"M{rail} {dot}V{}\"/>\n", y + row.height))?;
    }
    writer.markup(&format!("<circle class=\"dot {kind}\" cx=\"{rail}\" cy=\"{dot}\" r=\"6.5\"/>\n"))?;
    let (date, clock) = split_time(row.event);
    let mut line = y + 18;
    if plan.time_left {
        let x = rail - 20;
        let mut put = |class: &str, content: &str, line: i64| {
            writer.markup(&format!(
                "<text class=\"{class}\" x=\"{x}\" y=\"{line}\" text-anchor=\"end\">{}</text>\n",
                escaped(content)
            ))
        };
        put("clock", &cut(&clock, x), line)?;
        let mut below = line;
        if row.new_day && !date.is_empty() {
            below += LINE_PX - 2;
            put("since", &date, below)?;
        }
        if let Some(since) = &row.since {
            put("since", since, below + LINE_PX - 2)?;
        }
    } else {
        let day = if row.new_day && !date.is_empty() { format!("{date} ") } else { String::new() };
        let since =
            row.since.as_ref().map_or_else(String::new, |since| format!(" <tspan class=\"since\">{since}</tspan>"));
        let clock = cut(&format!("{day}{clock}"), plan.width - text - 90);
        writer
            .markup(&format!("<text class=\"clock\" x=\"{text}\" y=\"{line}\">{}{since}</text>\n", escaped(&clock)))?;
        line += LINE_PX;
    }
    if !row.event.kind.is_empty() {
        let kind_text = cut(&label(&row.event.kind), plan.width - text);
        writer.markup(&format!(
            "<text class=\"kind {kind}\" x=\"{text}\" y=\"{line}\">{}</text>\n",
            escaped(&kind_text)
        ))?;
        line += LINE_PX;
    }
    for content in &row.lines {
        // Lines from right to left begin at the right.
        let (x, direction) = if has_right_to_left(content) { (plan.width, " direction=\"rtl\"") } else { (text, "") };
        writer
            .markup(&format!("<text class=\"fact\" x=\"{x}\" y=\"{line}\"{direction}>{}</text>\n", escaped(content)))?;
        line += LINE_PX;
    }
    Ok(())
}

/// Date and time of the day, if the time could be read; else no date and all of it.
fn split_time(event: &Event) -> (String, String) {
    let time = event.time.trim();
    match event.at_ms.and_then(|_| time.split_at_checked(10)) {
        Some((date, clock)) => {
            let clock = clock.trim_start_matches(['T', 't', ' ']);
            (
                date.to_owned(),
                clock.strip_suffix(['Z', 'z']).map_or_else(|| clock.to_owned(), |clock| format!("{clock} UTC")),
            )
        }
        None => (String::new(), time.to_owned()),
    }
}

/// Which of the six colours an event gets.
fn family(kind: &str) -> &'static str {
    let kind = kind.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| kind.contains(word));
    if has(&["root_cause", "root cause"]) {
        "cause"
    } else if has(&["resol", "recover", "restor", "closed", "generated"]) {
        "good"
    } else if has(&["impact", "error", "incident", "outage", "alert", "detect", "fail", "critical"]) {
        "bad"
    } else if has(&["triage", "escalat", "warn", "degrad"]) {
        "warn"
    } else if has(&["why", "mitigat", "action", "deploy", "change", "rollback", "fix", "investigat"]) {
        "act"
    } else {
        "note"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_grow_with_the_time_between_them_within_bounds() {
        let json = r#"[{"time":"2026-03-14 09:00:00","text":"a"},{"time":"2026-03-14 09:01:00","text":"b"},
            {"time":"2026-03-14 09:20:00","text":"c"},{"time":"2026-03-16 09:00:00","text":"d"}]"#;
        let timeline = Timeline::parse(json).expect("it is a list of events");
        let rows = timeline.rows(&PLANS[0]);
        let heights: Vec<i64> = rows.iter().map(|row| row.height).collect();
        assert!(heights[0] <= heights[1] + LINE_PX && heights[1] < heights[2], "{heights:?}");
        assert_eq!(rows.iter().map(|row| row.dashed).collect::<Vec<_>>(), [false, false, true, false]);
        assert_eq!(rows[3].since.as_deref(), Some("+1 d 23 h"));
    }
}
