//! Makefiles as people write them.

use super::{Flavor, ItemKind, Kind, Makefile, Rule, parse};

fn rules(makefile: &Makefile) -> Vec<&Rule> {
    makefile.items.iter().filter_map(|i| if let ItemKind::Rule(rule) = &i.kind { Some(rule) } else { None }).collect()
}

#[test]
fn rules_variables_and_recipes_are_read() {
    let text = "TAG ?= latest\nIMAGE = ghcr.io/a/b:$(TAG) # where to\nexport REV := 1\n\n.PHONY: all sign\nall: sign | out ; @echo done\n\
                sign: build\n\t@echo $$HOME\n\t-cosign sign \\\n\t  $(IMAGE)\n# comment\n\n\t+crane copy ${A} b\n";
    let makefile = parse(text);
    let names: Vec<_> = makefile
        .items
        .iter()
        .filter_map(|i| if let ItemKind::Assign(a) = &i.kind { Some((a.name.as_str(), a.flavor, a.exported)) } else { None })
        .collect();
    assert_eq!(names, [("TAG", Flavor::Default, false), ("IMAGE", Flavor::Recursive, false), ("REV", Flavor::Simple, true)]);
    let rules = rules(&makefile);
    assert_eq!(rules.len(), 3);
    assert_eq!(rules[1].prerequisites.literal().as_deref(), Some("sign | out"));
    assert_eq!(rules[1].recipe[0].text.literal().as_deref(), Some("echo done"));
    let sign = &rules[2].recipe;
    assert_eq!(sign.len(), 3);
    assert_eq!(sign[0].text.literal().as_deref(), Some("echo $HOME"));
    assert!(sign[1].ignores.is_some());
    assert_eq!(&text[sign[1].at.clone()], "cosign sign \\\n\t  $(IMAGE)");
    let last = sign[1].text.parts.last().unwrap();
    assert_eq!(&text[last.at.clone()], "$(IMAGE)");
    assert!(matches!(&last.kind, Kind::Variable { name, .. } if name.literal().as_deref() == Some("IMAGE")));
}

#[test]
fn conditions_say_in_which_branch_a_thing_stands() {
    let text = "ifeq ($(A),x)\nB = 1\nelse ifneq '$(A)' 'y'\nB = 2\nelse\nB = 3\nendif\nt:\nifdef C\n\tone\nendif\n\ttwo\n";
    let makefile = parse(text);
    assert_eq!(makefile.conditions.len(), 3);
    let depths: Vec<_> = makefile.items.iter().map(|i| i.when.len()).collect();
    assert_eq!(depths, [1, 2, 2, 0]);
    let rules = rules(&makefile);
    assert_eq!(rules[0].recipe.iter().map(|l| l.when.len()).collect::<Vec<_>>(), [1, 0]);
}

#[test]
fn odd_text_is_no_panic() {
    for text in [
        "$(",
        "a: $(b",
        "ifeq (",
        "ifeq",
        "else x",
        "endif",
        "\t",
        "x = \\\n",
        "define a\nb",
        ":",
        "=",
        "::=",
        "é: $é\n\tü $",
        "a:b:c:d;e",
        "export",
        "a::;",
        "$(a:b=c",
        "override",
        "ifeq 'a",
        "ifeq \"é",
        "?=",
        "+=",
        "!=",
    ] {
        let _ = parse(text);
    }
}
