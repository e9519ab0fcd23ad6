//! `trcaa db compact`

use serde_json::json;
use trcaa_app::AppError;

use crate::args::Global;
use crate::output::Output;

pub(crate) fn run(global: &Global, output: &Output) -> Result<(), AppError> {
    let done = trcaa_app::compact(crate::settings::setup(global, output)?)?;
    if output.json {
        return output.object(json!({"bytes_before": done.bytes_before, "bytes_after": done.bytes_after}));
    }
    output.text(&format!("compacted: {} → {} bytes", done.bytes_before, done.bytes_after));
    Ok(())
}
