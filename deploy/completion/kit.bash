# SPDX-License-Identifier: ISC
# Completion in bash for sitens, parentgen and sitensctl. What there is to complete is what the
# program's --help says, so that the two cannot differ.

# What the argument of the option before the cursor is called there, "" if it takes none.
_sitens_argument() {
    sed -n 's/^ *\(-[a-zA-Z], *\)\{0,1\}'"$1"' \([A-Z][^ ]*\).*/\2/p; s/^ *'"$1"', *--[a-z-]* \([A-Z][^ ]*\).*/\1/p' <<<"$2"
}

# What the site files of this host say: `s/…/\1/p`.
_sitens_said() {
    sed -n "$1" /etc/sitens/*.conf 2>/dev/null
}

_sitens() {
    # shellcheck disable=SC2034 # split is for _init_completion
    local cur prev words cword split help argument
    _init_completion -s || return
    help=$(LC_ALL=C "$1" --help 2>/dev/null)
    case $prev in -*) argument=$(_sitens_argument "$prev" "$help") ;; esac

    local listed=
    case ${1##*/}:$argument:$cur in
        parentgen:NAME:*) listed=$(sed -n 's/^ \{20,\}\([a-z0-9-]*\)  .*/\1/p' <<<"$help") ;;
        sitens:ID:*) listed=$(_sitens_said 's/^\[site *\([^]]*\)\].*/\1/p') ;;
        *:FILE:*) _filedir && return ;;
        *:?*:*) return ;;
        *::-*) listed=$(_parse_help - <<<"$help") ;;
        sitensctl::*)
            listed=$(sed -n 's/^  \([a-z]\{2,\}\)\( NAME\)\{0,1\}  .*/\1/p' <<<"$help")
            if printf '%s\n' "${words[@]:1:cword-1}" | grep -qxF "$listed"; then
                listed=$(_sitens_said 's/^ *name *= *\([^ ;]*\).*/\1/p') # of the verb before
            fi
            ;;
        *) _filedir conf && return ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$listed" -- "$cur")
} && complete -F _sitens sitens parentgen sitensctl
