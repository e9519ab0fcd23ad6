//! `trcaa search`

use serde_json::{Value, json};
use trcaa_app::{App, AppError};
use trcaa_model::issue::SearchHit;

use crate::output::{Output, short, visible};

pub(super) fn run(app: &App, query: &str, deep: bool, limit: Option<u32>, output: &Output) -> Result<(), AppError> {
    let limit = limit.map_or_else(|| app.search_limit(), Ok)?;
    if !deep {
        let hits = app.search(query, limit)?;
        return if output.json { output.object(json!({"hits": hits})) } else { print(&hits, output) };
    }
    let found = app.search_deep(query, limit)?;
    if output.json {
        let unread: Vec<Value> =
            found.unread.iter().map(|(log, why)| json!({"log_file_id": log, "reason": why})).collect();
        return output.object(json!({"hits": found.hits, "unread": unread}));
    }
    for (_, why) in &found.unread {
        output.warn(&format!("not searched: {}", visible(why)));
    }
    print(&found.hits, output)
}

fn print(hits: &[SearchHit], output: &Output) -> Result<(), AppError> {
    let row =
        |hit: &SearchHit| vec![short(hit.issue_id.as_str()), hit.title.clone(), hit.field.clone(), hit.snippet.clone()];
    output.table(&["ID", "TITLE", "FIELD", "SNIPPET"], &hits.iter().map(row).collect::<Vec<_>>());
    Ok(())
}
