//! `trcaa doc …`

use serde_json::json;
use trcaa_app::{App, AppError, ExportTarget};
use trcaa_model::document::Document;

use super::read_utf8;
use crate::args::DocCommand;
use crate::output::{Output, short, visible};

pub(super) fn run(app: &App, command: &DocCommand, output: &Output) -> Result<(), AppError> {
    let store = app.store();
    match command {
        DocCommand::Rca { issue } => tell(&app.write_rca(&store.resolve_issue(issue)?)?, "written", output),
        DocCommand::List { issue } => {
            let issue = issue.as_deref().map(|issue| store.resolve_issue(issue)).transpose()?;
            let documents = store.documents(issue.as_ref())?;
            if output.json {
                return output.object(json!({"documents": documents}));
            }
            let row = |doc: &Document| {
                let updated = trcaa_model::time::stamp(doc.updated_at);
                vec![short(doc.id.as_str()), doc.doc_type.clone(), updated, doc.title.clone()]
            };
            output.table(&["DOC", "TYPE", "CHANGED", "TITLE"], &documents.iter().map(row).collect::<Vec<_>>());
            Ok(())
        }
        DocCommand::Show { doc } => {
            let document = store.document(&store.resolve_document(doc)?)?;
            if output.json {
                output.object(json!({"document": document}))
            } else {
                output.last_foreign(document.content_md.as_bytes())
            }
        }
        DocCommand::Edit { doc, file } => {
            let id = store.resolve_document(doc)?;
            tell(&app.edit_document(&id, &read_utf8(file)?)?, "changed", output)
        }
        DocCommand::Export { doc, format, out, force } => {
            let id = store.resolve_document(doc)?;
            let target = ExportTarget::File { path: out.clone(), force: *force };
            let exported = app.export_document(&id, &format.to_ascii_lowercase(), &target)?;
            app.flush_events()?;
            if output.json {
                let path = exported.path.display().to_string();
                return output.object(json!({"document_id": id, "format": exported.format, "path": path}));
            }
            output.text(&format!("written {}", exported.path.display()));
            Ok(())
        }
    }
}

fn tell(document: &Document, what: &str, output: &Output) -> Result<(), AppError> {
    if output.json {
        return output.object(json!({"document": document}));
    }
    output.text(&format!("{what} {}  {}", document.id, visible(&document.title)));
    Ok(())
}
