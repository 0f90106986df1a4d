//! Scripted stages and parallel branches.

use super::ast::Id;
use super::call::Args;
use super::flow::Label;
use super::loader::Loader;
use super::value::Value;

impl Loader<'_> {
    /// `stage('x') { .. }`; without a closure everything that follows is the stage.
    pub(super) fn stage(&mut self, id: Id, args: &Args) {
        let Some(name) = args.or_first("name") else { return drop(self.run_body(id, args)) };
        let title = self.text(name);
        let label = Label { name: self.title(&title), span: self.span(name) };
        if !self.at_top() {
            return drop(self.run_body(id, args));
        }
        if args.closures.is_empty() && args.positional.len() < 2 {
            self.flow.begin(&label, self.span(id));
            self.flow.label = label;
            return;
        }
        self.in_stage(id, &label, |l| {
            l.stage_body(args);
        });
    }

    fn stage_body(&mut self, args: &Args) {
        for closure in &args.closures {
            let value = self.closure(*closure, &[]);
            self.settle(&value);
        }
        for more in args.positional.iter().skip(1) {
            if let Value::Closure(closure) = self.eval(*more) {
                self.closure(closure, &[]);
            }
        }
    }

    /// Runs something as an execution of its own.
    pub(super) fn in_stage(&mut self, id: Id, label: &Label, body: impl FnOnce(&mut Self)) {
        let span = self.span(id);
        let outer = std::mem::replace(&mut self.flow.label, label.clone());
        self.flow.begin(label, span);
        body(self);
        self.flow.finish();
        self.flow.label = outer;
    }

    /// `parallel a: {}, b: {}`, `parallel(branches)`
    pub(super) fn parallel(&mut self, id: Id, args: &Args) {
        let mut branches: Vec<(Label, Id)> = Vec::new();
        for (name, key, value) in &args.named {
            if let Value::Closure(closure) = self.eval(*value) {
                let name = if name.is_empty() { self.tree.source(*key).to_owned() } else { name.clone() };
                branches.push((Label { name, span: self.span(*key) }, closure));
            }
        }
        for arg in &args.positional {
            let value = self.eval(*arg);
            self.branches_of(&value, *arg, &mut branches);
        }
        for closure in &args.closures {
            branches.push((Label { name: "parallel".to_owned(), span: self.span(*closure) }, *closure));
        }
        if branches.is_empty() && !args.positional.is_empty() {
            self.unfollowed(id, "the parallel branches are put together at run time");
        }
        self.fork(branches, |l, label, closure| {
            if l.at_top() {
                l.in_stage(closure, label, |l| drop(l.closure(closure, &[])));
            } else {
                l.wrapped(closure, |l| drop(l.closure(closure, &[])));
            }
        });
    }

    fn branches_of(&self, value: &Value, place: Id, branches: &mut Vec<(Label, Id)>) {
        match value {
            Value::Record(entries) => {
                for (name, value) in entries {
                    if let Value::Closure(closure) = value {
                        branches.push((self.branch_label(key_name(name), *closure), *closure));
                    }
                }
            }
            Value::List(items) => match &items[..] {
                [Value::Text(name), Value::Closure(closure)] => {
                    branches.push((self.branch_label(name.raw(), *closure), *closure))
                }
                [Value::Expr(_), Value::Closure(closure)] => branches.push((self.branch_label("branch", *closure), *closure)),
                items => items.iter().for_each(|i| self.branches_of(i, place, branches)),
            },
            Value::Closure(closure) => {
                let name = self.tree.name(place).unwrap_or("branch");
                branches.push((self.branch_label(name, *closure), *closure));
            }
            _ => {}
        }
    }

    fn branch_label(&self, name: &str, closure: Id) -> Label {
        Label { name: name.to_owned(), span: self.span(closure) }
    }

    /// Runs each branch behind what comes before all of them; what follows waits for all.
    pub(super) fn fork<T>(&mut self, branches: Vec<(Label, T)>, mut run: impl FnMut(&mut Self, &Label, T)) {
        if !self.at_top() {
            for (label, branch) in branches {
                run(self, &label, branch);
            }
            return;
        }
        self.flow.finish();
        let before = self.flow.frontier.clone();
        let mut ends: Vec<String> = Vec::new();
        for (label, branch) in branches {
            self.flow.frontier.clone_from(&before);
            run(self, &label, branch);
            self.flow.finish();
            let new: Vec<String> = self.flow.frontier.drain(..).filter(|e| !before.contains(e) && !ends.contains(e)).collect();
            ends.extend(new);
        }
        self.flow.frontier = if ends.is_empty() { before } else { ends };
    }
}

/// The name in a key of a map: `"kind-${index}"`, `"${name}"`, `(name)`.
fn key_name(written: &str) -> &str {
    let text = written.trim_matches('"');
    let whole =
        |open, close| text.strip_prefix(open).and_then(|t| t.strip_suffix(close)).filter(|t: &&str| !t.contains(['{', '(']));
    whole("${", "}").or_else(|| whole("(", ")")).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::key_name;

    #[test]
    fn names_of_branches() {
        let keys = [
            ("a", "a"),
            ("\"kind-${index}\"", "kind-${index}"),
            ("\"${name}\"", "name"),
            ("(name)", "name"),
            ("\"${a}-${b}\"", "${a}-${b}"),
        ];
        for (written, name) in keys {
            assert_eq!(key_name(written), name);
        }
    }
}
