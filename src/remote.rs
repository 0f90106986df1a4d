//! URLs of repositories: where they live, and who owns them there.

use std::fmt;

/// Where GitHub serves single files: `https://raw.githubusercontent.com/OWNER/NAME/REF/PATH`.
const RAW: &str = "raw.githubusercontent.com";

/// The parts of a URL of a repository: `https://host/owner/name`, `ssh://git@host:22/owner/name`, `git@host:owner/name.git`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// The scheme in lower case; `ssh` where none is written.
    pub scheme: String,
    /// User, and password if there is one.
    pub user: String,
    /// The host; empty for a file.
    pub host: String,
    /// The port, if it is written.
    pub port: Option<String>,
    /// The path without slashes around it and without `.git`.
    pub path: String,
}

impl Remote {
    /// Reads a URL; `None` for a path on this machine.
    #[must_use]
    pub fn parse(url: &str) -> Option<Remote> {
        let (scheme, authority, path) = match url.split_once("://") {
            Some((scheme, rest)) => {
                let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
                (scheme.to_ascii_lowercase(), authority, path)
            }
            None => {
                let (authority, path) = url.split_once(':').filter(|(a, _)| a.contains('@') && !a.contains('/'))?;
                ("ssh".to_owned(), authority, path)
            }
        };
        let (user, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (host, port) = place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port.to_owned())));
        let path = path.trim_matches('/').trim_end_matches(".git").to_owned();
        Some(Remote { scheme, user: user.to_owned(), host: host.to_owned(), port, path })
    }

    /// Host and path.
    #[must_use]
    pub fn name(&self) -> String {
        if self.host.is_empty() { self.path.clone() } else { format!("{}/{}", self.host, self.path) }
    }

    /// The page on the web, as far as forges keep to custom: `git@forge.example.com:a/b.git` is at `https://forge.example.com/a/b`.
    #[must_use]
    pub fn web(&self) -> Option<String> {
        let web = match (self.scheme.as_str(), &self.port) {
            ("http" | "https", Some(port)) => format!("{}://{}:{port}/{}", self.scheme, self.host, self.path),
            ("http", None) => format!("http://{}/{}", self.host, self.path),
            ("https" | "ssh" | "git", _) => format!("https://{}/{}", self.host, self.path),
            _ => return None,
        };
        let is_page = !self.host.is_empty() && !self.path.is_empty() && web.chars().all(|c| c.is_ascii_graphic());
        is_page.then_some(web)
    }

    /// Who owns it; `None` where nobody is named.
    #[must_use]
    pub fn owner(&self) -> Option<Owner> {
        let (name, _) = self.path.split_once('/')?;
        let host = if self.host.eq_ignore_ascii_case(RAW) { "github.com" } else { &self.host };
        let is_named = !host.is_empty() && !name.is_empty();
        is_named.then(|| Owner { host: host.to_ascii_lowercase(), name: name.to_ascii_lowercase() })
    }
}

/// Who owns repositories on a forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Host of the forge, in lower case.
    pub host: String,
    /// Organisation, user or group at the top, in lower case.
    pub name: String,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_owners() {
        let owner = |url: &str| Some(Remote::parse(url)?.owner()?.to_string());
        for url in [
            "https://github.com/Acme/shop",
            "https://token@GitHub.com/acme/shop.git",
            "git@github.com:acme/shop.git",
            "ssh://git@github.com:22/acme/sub/shop",
            "https://raw.githubusercontent.com/acme/shop/main/task.yaml",
        ] {
            assert_eq!(owner(url).as_deref(), Some("github.com/acme"), "{url}");
        }
        for none in ["/srv/git/acme/shop", "../shop", "file:///srv/acme/shop", "C:/acme/shop", "https://github.com/shop", ""] {
            assert_eq!(owner(none), None, "{none}");
        }
    }

    #[test]
    fn urls_lead_to_pages() {
        for (url, page) in [
            ("https://github.com/acme/shop.git", Some("https://github.com/acme/shop")),
            ("http://git.example.com:3000/acme/shop/", Some("http://git.example.com:3000/acme/shop")),
            ("git@gitlab.example.com:group/sub/shop.git", Some("https://gitlab.example.com/group/sub/shop")),
            ("ssh://git@git.example.com:2222/acme/shop.git", Some("https://git.example.com/acme/shop")),
            ("https://me:secret@github.com/acme/shop.git", Some("https://github.com/acme/shop")),
            ("file:///srv/git/shop.git", None),
            ("/srv/git/shop.git", None),
            ("https://example.com/a b", None),
        ] {
            assert_eq!(Remote::parse(url).and_then(|r| r.web()).as_deref(), page, "{url}");
        }
    }
}
