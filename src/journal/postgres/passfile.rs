//! A file of passwords as libpq has it: `host:port:database:user:password` a line, `*` for any.

use std::fs;
use std::io;
use std::path::Path;

use secrecy::SecretString;

/// The password for a host; nothing where the file has none.
///
/// # Errors
///
/// When the file cannot be read, or others than its owner can read it.
pub(super) fn find(
    file: &Path,
    host: (&str, u16),
    database: &str,
    user: &str,
) -> io::Result<Option<SecretString>> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", file.display()));
    if is_open(file).map_err(named)? {
        return Err(named(io::ErrorKind::PermissionDenied.into()));
    }
    let text = fs::read_to_string(file).map_err(named)?;
    let (name, port) = (host.0, host.1.to_string());
    let wanted = [name, &port, database, user];
    Ok(text.lines().filter(|line| !line.starts_with('#')).find_map(|line| password(line, wanted)))
}

fn password(line: &str, wanted: [&str; 4]) -> Option<SecretString> {
    let fields = fields(line);
    let (password, asked) = fields.split_last().filter(|(_, asked)| asked.len() == wanted.len())?;
    let fits = |(field, wanted): (&String, &str)| field == "*" || field == wanted;
    asked.iter().zip(wanted).all(fits).then(|| SecretString::from(password.clone()))
}

/// A colon or a backslash within a field has a backslash before it.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let field = fields.last_mut().expect("there is always a last field");
        match character {
            ':' => fields.push(String::new()),
            '\\' => field.extend(characters.next()),
            other => field.push(other),
        }
    }
    fields
}

/// Whether others than the owner may read it.
#[cfg(unix)]
fn is_open(file: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::metadata(file)?.permissions().mode() & 0o077 != 0)
}

/// A profile is closed to others as it is.
#[cfg(not(unix))]
fn is_open(_: &Path) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn found(line: &str) -> Option<String> {
        password(line, ["db", "5432", "wxcast", "anna"]).map(|password| password.expose_secret().to_owned())
    }

    #[test]
    fn a_line_is_for_whom_it_names() {
        assert_eq!(found("db:5432:wxcast:anna:secret").as_deref(), Some("secret"));
        assert_eq!(found("*:*:*:anna:a\\:b\\\\c").as_deref(), Some("a:b\\c"));
        assert_eq!(found("db:5433:wxcast:anna:secret"), None);
        assert_eq!(found("db:5432:wxcast:anna"), None);
    }
}
