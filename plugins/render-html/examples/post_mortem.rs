//! Writes an RCA that has everything a page can show, for a look at it: `post_mortem FILE`.
#![allow(clippy::unwrap_used)]

use render_html::{Doc, Kind, Node, render};

struct Builder(Vec<Node>);

impl Builder {
    fn add(&mut self, parent: u32, kind: Kind) -> u32 {
        self.0.push(Node { parent: Some(parent), kind });
        u32::try_from(self.0.len() - 1).unwrap()
    }

    /// Text with `**strong**` and `` `code` `` parts.
    fn words(&mut self, parent: u32, text: &str) {
        for (at, part) in text.split('`').enumerate() {
            if at % 2 == 1 {
                self.add(parent, Kind::Code(part.to_owned()));
                continue;
            }
            for (at, part) in part.split("**").enumerate() {
                let parent = if at % 2 == 1 { self.add(parent, Kind::Strong) } else { parent };
                self.add(parent, Kind::Text(part.to_owned()));
            }
        }
    }

    fn heading(&mut self, level: u8, text: &str) {
        let node = self.add(0, Kind::Heading(level));
        self.words(node, text);
    }

    fn paragraph(&mut self, parent: u32, text: &str) {
        let node = self.add(parent, Kind::Paragraph);
        self.words(node, text);
    }

    fn code(&mut self, parent: u32, language: &str, source: &str) {
        self.add(parent, Kind::CodeBlock((Some(language.to_owned()), source.to_owned())));
    }

    fn list(&mut self, kind: Kind, items: &[&str]) {
        let list = self.add(0, kind);
        for item in items {
            let node = self.add(list, Kind::ListItem);
            self.paragraph(node, item);
        }
    }

    fn table(&mut self, rows: &[&[&str]]) {
        let table = self.add(0, Kind::Table);
        for (at, row) in rows.iter().enumerate() {
            let node = self.add(table, Kind::TableRow(at == 0));
            for cell in *row {
                let cell_node = self.add(node, Kind::TableCell);
                self.words(cell_node, cell);
            }
        }
    }
}

const TIMELINE: &str = r#"[
{"time":"2026-03-14 08:51:07 UTC","text":"Deploy of billing-api 4.18.0 raises the pool of each worker from 8 to 40 connections.","type":"deploy"},
{"time":"2026-03-14 09:12:33 UTC","text":"db-1 reaches max_connections; the first checkout requests fail with FATAL 53300.","type":"error"},
{"time":"2026-03-14 09:13:02 UTC","text":"Alert: checkout error rate above 5 %.","type":"alert"},
{"time":"2026-03-14 09:15:40 UTC","text":"Issue opened, severity critical.","type":"triage_started"},
{"time":"2026-03-14 09:18:11 UTC","text":"postgresql-2026-03-14.log attached (4.1 MB).","type":"log_uploaded"},
{"time":"2026-03-14 09:31:55 UTC","text":"Why 3 answered: the pool size is a constant that nobody multiplies by the number of workers.","type":"why_level_advanced"},
{"time":"2026-03-14 09:40:20 UTC","text":"Root cause named: pool size times workers exceeds what the database allows.","type":"root_cause_identified"},
{"time":"2026-03-14 09:44:09 UTC","text":"Rollback to 4.17.2.","type":"rollback"},
{"time":"2026-03-14 09:47:30 UTC","text":"Error rate back to zero.","type":"resolved"},
{"time":"2026-03-16 10:00:00 UTC","text":"Review held; actions agreed.","type":"note"}]"#;

fn rca(b: &mut Builder) {
    b.heading(1, "Checkout fails: connection slots of db-1 exhausted");
    b.heading(2, "Issue Summary");
    b.paragraph(0, "From **09:12 to 09:47 UTC** on 14 March 2026, 38 % of checkout requests failed. Version 4.18.0 of `billing-api` opened up to 40 connections for each of its 12 workers, and `db-1` allows 300.");
    b.paragraph(
        0,
        "No data was lost. 2,114 customers saw an error; 1,906 of them completed their order within the hour.",
    );
    b.heading(2, "Incident Timeline");
    b.add(0, Kind::Other(("timeline".to_owned(), TIMELINE.to_owned())));
    b.heading(2, "Incident Metrics");
    b.table(&[
        &["Metric", "Value", "Source"],
        &["Events", "10", "timeline"],
        &["Duration", "35 min", "first to last failed request"],
        &["Time to root cause", "28 min", "first error to the finding"],
        &["Failed requests", "18,442", "`ingress` access log"],
        &["Peak of connections", "300", "`pg_stat_activity`"],
    ]);
    b.heading(2, "5 Whys Analysis");
    let list = b.add(0, Kind::NumberedList);
    let whys = [
        (
            "Why did checkout fail?",
            "The database refused new connections.",
            "2026-03-14 09:12:33.104 UTC [2211] FATAL:  53300: remaining connection slots are reserved for roles with the SUPERUSER attribute\n2026-03-14 09:12:33.107 UTC [2212] FATAL:  53300: remaining connection slots are reserved for roles with the SUPERUSER attribute",
        ),
        (
            "Why were there no slots?",
            "billing-api held 288 of 300.",
            " usename  | application_name | count\n----------+------------------+-------\n billing  | billing-api      |   288\n report   | nightly          |     9",
        ),
        (
            "Why did it hold so many?",
            "Release 4.18.0 set the pool to 40, per worker.",
            "-  pool_size: 8\n+  pool_size: 40   # faster month-end run",
        ),
    ];
    for (question, answer, evidence) in whys {
        let item = b.add(list, Kind::ListItem);
        b.paragraph(item, &format!("**{question}** {answer}"));
        b.code(item, "log", evidence);
    }
    b.heading(2, "Root Cause");
    b.paragraph(0, "The size of the pool is set for one worker, and nothing checks the product of size and workers against `max_connections`. Confidence: **0.92**.");
    let quote = b.add(0, Kind::Quote);
    b.paragraph(quote, "“We read the number as the size of the whole pool. The old name of the setting said so.”");
    b.heading(2, "Log Files Analyzed");
    b.table(&[
        &["File", "Lines", "Size", "SHA-256", "Redacted"],
        &[
            "postgresql-2026-03-14.log",
            "48,210",
            "4.1 MB",
            "`5f2c9d0ab8e1174dd2b6a7f0c3948e17aa60e5d1c8b2f4937d0e6a15bc88f9e2`",
            "31",
        ],
        &[
            "ingress-access.log",
            "912,004",
            "41.7 MB",
            "`0b7de64c51a9f3e288d7c0a4916b5ff3e2d8179ac4605be3f7718d29c0a4e6b1`",
            "4,106",
        ],
    ]);
    b.heading(2, "Corrective Actions");
    b.heading(3, "Immediate");
    b.list(Kind::BulletList, &["Roll back to 4.17.2 (done, 09:44).", "Alert at 80 % of `max_connections` (done)."]);
    b.heading(3, "Long-term");
    b.table(&[
        &["Priority", "Action", "Owner", "Due", "Status"],
        &[
            "P1",
            "Refuse to start when pool × workers exceeds the budget of the service",
            "R. Okafor",
            "2026-03-28",
            "open",
        ],
        &["P2", "Put a pooler between services and `db-1`", "Platform", "2026-05-01", "planned"],
        &["P3", "Rename the setting to `pool_size_per_worker`", "Billing", "2026-04-04", "open"],
    ]);
    b.heading(2, "Lessons Learned");
    b.paragraph(0, "A limit that two teams share needs one place that adds it up.");
    let last = b.add(0, Kind::Paragraph);
    b.add(last, Kind::Text("Background: ".to_owned()));
    let link =
        b.add(last, Kind::Link("https://www.postgresql.org/docs/current/runtime-config-connection.html".to_owned()));
    b.add(link, Kind::Text("connection settings of PostgreSQL".to_owned()));
    b.add(last, Kind::Text(".".to_owned()));
}

/// What a page must bear: long words, other scripts, deep nesting.
fn stress(b: &mut Builder) {
    b.heading(2, "An unbroken line");
    b.paragraph(0, &"x".repeat(10_000));
    b.code(0, "log", &"0123456789".repeat(1000));
    b.table(&[&["Key", "Value"], &["token", &"y".repeat(10_000)]]);
    b.heading(2, "سجل الأخطاء");
    b.paragraph(0, "فشل الاتصال بقاعدة البيانات db-1 بعد 30 ثانية.");
    b.list(Kind::BulletList, &["שגיאה 53300 בשרת", "エラーが発生しました", "🔥 🧯 👩‍🚒 emoji"]);
    b.heading(2, "Deep nesting");
    let mut node = 0;
    for at in 0..40 {
        node = b.add(node, Kind::BulletList);
        node = b.add(node, Kind::ListItem);
        b.paragraph(node, &format!("level {at}"));
    }
    b.add(0, Kind::Other(("timeline".to_owned(), "[{\"time\":\"soon\",\"text\":\"فشل الاتصال\",\"type\":\"x\"},{\"time\":\"a very long time that no column can hold\",\"text\":\"wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww\"}]".to_owned())));
    b.heading(2, "A long table");
    let rows: Vec<[String; 3]> =
        (0..5000).map(|row| [row.to_string(), format!("event {row}"), "ok".to_owned()]).collect();
    let mut cells: Vec<Vec<&str>> = vec![vec!["No.", "What", "State"]];
    cells.extend(rows.iter().map(|row| row.iter().map(String::as_str).collect()));
    b.table(&cells.iter().map(Vec::as_slice).collect::<Vec<_>>());
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name a file to write")?;
    let mut b = Builder(vec![Node { parent: None, kind: Kind::Root }]);
    match arguments.next().as_deref() {
        Some("stress") => stress(&mut b),
        Some("empty") => {}
        _ => rca(&mut b),
    }
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let metadata = vec![
        pair("severity", "critical"),
        pair("status", "resolved"),
        pair("issue_id", "INC-2026-0314"),
        pair("date", "2026-03-16"),
        pair("author", "Site Reliability"),
    ];
    let doc = Doc { title: "Checkout fails: connection slots of db-1 exhausted".to_owned(), nodes: b.0, metadata };
    let mut page = Vec::new();
    render(&doc, &mut |piece| {
        page.extend_from_slice(piece);
        Ok(())
    })?;
    std::fs::write(path, page)?;
    Ok(())
}
