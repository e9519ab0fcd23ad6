//! `trcaa image …`

use std::path::Path;

use serde_json::json;
use trcaa_app::{App, AppError, ImageFilter, ImageListed, ImageUpload, LogInput};
use trcaa_model::attachment::ImageAttachment;

use super::confirm;
use crate::args::ImageCommand;
use crate::output::{Output, short, visible};

pub(super) fn run(app: &App, command: &ImageCommand, yes: bool, output: &Output) -> Result<(), AppError> {
    let store = app.store();
    match command {
        ImageCommand::Add { issue, file, acknowledge_pii, paste, name } => {
            let issue = store.resolve_issue(issue)?;
            let input =
                if file == Path::new("-") { LogInput::Stdin(String::new()) } else { LogInput::Path(file.clone()) };
            let upload =
                ImageUpload { input, name: name.clone(), pii_acknowledged: *acknowledge_pii, is_paste: *paste };
            let added = app.add_image(&issue, &upload)?;
            if output.json {
                return output.object(json!({"image_attachment": added.row, "already_there": added.already_there}));
            }
            let image = added.row;
            let what = if added.already_there { "already there:" } else { "attached" };
            let name = visible(&image.file_name);
            output.text(&format!("{what} {}  {name} ({}, {} bytes)", image.id, image.mime_type, image.file_size));
        }
        ImageCommand::List { issue, search, limit, offset } => {
            let issue_id = issue.as_deref().map(|issue| store.resolve_issue(issue)).transpose()?;
            let filter = ImageFilter { issue_id, search: search.clone(), limit: *limit, offset: *offset };
            let images = store.images(&filter)?;
            if output.json {
                return output.object(json!({"image_attachments": images}));
            }
            listed(&images, output);
        }
        ImageCommand::Show { image, out, force } => {
            let id = store.resolve_image(image)?;
            let row = store.image(&id)?;
            if let Some(path) = out {
                app.save_image(&id, path, *force)?;
                if output.json {
                    return output.object(json!({"image_attachment": row, "path": path}));
                }
                output.text(&visible(&path.display().to_string()));
                return Ok(());
            }
            // Text, also for a terminal: the bytes of an image are never printed.
            let data_url = app.image_data_url(&id)?;
            if output.json {
                return output.object(json!({"image_attachment": row, "data_url": data_url}));
            }
            output.text(&data_url);
        }
        ImageCommand::Delete { image } => {
            let row = store.image(&store.resolve_image(image)?)?;
            confirm(&format!("Delete image {:?}?", visible(&row.file_name)), yes)?;
            app.delete_image(&row.id)?;
            if output.json {
                return output.object(json!({"deleted": row.id}));
            }
            output.text(&format!("deleted {}", row.id));
        }
    }
    Ok(())
}

fn cells(image: &ImageAttachment) -> Vec<String> {
    vec![
        short(image.id.as_str()),
        image.file_name.clone(),
        image.mime_type.clone(),
        image.file_size.to_string(),
        image.uploaded_at.clone(),
    ]
}

pub(super) fn table(images: &[ImageAttachment], output: &Output) {
    output.table(&["IMAGE", "NAME", "TYPE", "BYTES", "ATTACHED"], &images.iter().map(cells).collect::<Vec<_>>());
}

/// The same with the issue that each belongs to.
fn listed(images: &[ImageListed], output: &Output) {
    let row = |listed: &ImageListed| {
        let mut cells = cells(&listed.image_attachment);
        cells.extend([short(listed.image_attachment.issue_id.as_str()), listed.issue_title.clone()]);
        cells
    };
    let heads = ["IMAGE", "NAME", "TYPE", "BYTES", "ATTACHED", "ISSUE", "TITLE"];
    output.table(&heads, &images.iter().map(row).collect::<Vec<_>>());
}
