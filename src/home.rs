//! Where a repository lives.

use std::fmt;

/// Where GitHub serves single files: `https://raw.githubusercontent.com/OWNER/NAME/REF/PATH`.
const RAW: &str = "raw.githubusercontent.com";

/// The forge that a repository lives on, and who owns it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Host of the forge, in lower case.
    pub host: String,
    /// Organisation, user or group at the top, in lower case.
    pub owner: String,
}

impl Home {
    /// The home of a repository by its URL: `https://host/owner/name`, `ssh://git@host/owner/name`, `git@host:owner/name.git`.
    /// `None` for a path, and where nobody is named.
    #[must_use]
    pub fn of(url: &str) -> Option<Home> {
        let (authority, path) = match url.split_once("://") {
            Some(("file", _)) => return None,
            Some((_, rest)) => rest.split_once('/')?,
            None => url.split_once(':').filter(|(authority, _)| authority.contains('@') && !authority.contains('/'))?,
        };
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let host = host.split_once(':').map_or(host, |(host, _)| host);
        let host = if host.eq_ignore_ascii_case(RAW) { "github.com" } else { host };
        let (owner, _) = path.trim_start_matches('/').split_once('/')?;
        let is_named = !host.is_empty() && !owner.is_empty();
        is_named.then(|| Home { host: host.to_ascii_lowercase(), owner: owner.to_ascii_lowercase() })
    }
}

impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for url in [
            "https://github.com/Acme/shop",
            "https://token@GitHub.com/acme/shop.git",
            "git@github.com:acme/shop.git",
            "ssh://git@github.com:22/acme/sub/shop",
            "https://raw.githubusercontent.com/acme/shop/main/task.yaml",
        ] {
            assert_eq!(Home::of(url).expect(url).to_string(), "github.com/acme", "{url}");
        }
        for none in ["/srv/git/acme/shop", "../shop", "file:///srv/acme/shop", "C:/acme/shop", "https://github.com/shop", ""] {
            assert_eq!(Home::of(none), None, "{none}");
        }
    }
}
