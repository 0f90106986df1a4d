//! Where a policy's results are. The build script uses this file as well: it compiles the built-in policies.

/// The entry point of a built-in policy by its path below `policies` (`FAMILY/ID/rule.rego`), if it has results.
pub(crate) fn entry_point(path: &str, text: &str) -> Option<String> {
    let [family, id, "rule.rego"] = path.split('/').collect::<Vec<_>>()[..] else { return None };
    let name = text.lines().find_map(rule_name)?;
    Some(format!("data.swaplint.{family}.{}.{name}", id.replace('-', "_")))
}

/// The results of all built-in policies that `input.asked` names, by entry point.
pub(crate) const ALL: &str = "data.swaplint.all.results";

/// 1-based line of the `# METADATA` marker and the YAML below it, of the block that stands directly above a line that `wanted` accepts.
pub(crate) fn block(lines: &[&str], wanted: fn(&str) -> bool) -> Option<(usize, String)> {
    let marks = lines.iter().enumerate().filter(|(_, l)| l.trim_end() == "# METADATA").map(|(i, _)| i);
    for mark in marks {
        let body: Vec<&str> = lines[mark + 1..].iter().take_while(|l| l.starts_with('#')).copied().collect();
        let follows = lines[mark + 1 + body.len()..].iter().find(|l| !l.trim().is_empty());
        if follows.is_some_and(|l| wanted(l)) {
            let yaml: Vec<&str> = body.iter().map(|l| l[1..].strip_prefix(' ').unwrap_or(&l[1..])).collect();
            return Some((mark + 1, yaml.join("\n")));
        }
    }
    None
}

/// Whether a line names the package.
pub(crate) fn is_package(line: &str) -> bool {
    line.starts_with("package ")
}

/// The name of the rule that holds results, if the line defines it.
pub(crate) fn rule_name(line: &str) -> Option<&'static str> {
    ["findings", "finding"]
        .into_iter()
        .find(|name| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '[', '=', ':', '\t'])))
}
