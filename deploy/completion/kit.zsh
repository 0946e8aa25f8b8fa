#compdef sitens parentgen sitensctl
# SPDX-License-Identifier: ISC
# Completion in zsh for sitens, parentgen and sitensctl. What there is to complete is what the
# program's --help says, so that the two cannot differ.

local help=$(LC_ALL=C _call_program help ${(q)words[1]} --help) line names action
local -a specs match mbegin mend files=(/etc/sitens/*.conf(N))

# What the site files of this host say.
_sitens_said() { (( $#files )) && sed -n $1 $files }

for line in ${(f)help}; do
    [[ $line =~ '^ *((-[a-zA-Z]), *)?(--[a-z-]+)(\[=[A-Z]+\]| ([A-Z][^ ]*))?  +(.*)$' ]] || continue
    names=${match[2]:+$match[2] }$match[3]
    case $service:$match[5] in
        *:) action= ;;
        *:FILE) action=':file:_files' ;;
        parentgen:NAME) action=":format:($(sed -n 's/^ \{20,\}\([a-z0-9-]*\)  .*/\1/p' <<<$help))" ;;
        sitens:ID) action=":site:($(_sitens_said 's/^\[site *\([^]]*\)\].*/\1/p'))" ;;
        *) action=":${match[5]//:/\\:}: " ;;
    esac
    for names in ${=names}; do
        specs+=("*${names}[${${match[6]//\[/\\[}//\]/\\]}]$action")
    done
done
if [[ $service == sitensctl ]]; then
    specs+=("1:command:($(sed -n 's/^  \([a-z]\{2,\}\)\( NAME\)\{0,1\}  .*/\1/p' <<<$help))"
            "*:name:($(_sitens_said 's/^ *name *= *\([^ ;]*\).*/\1/p'))")
else
    specs+=('*:site file:_files -g "*.conf"')
fi
unfunction _sitens_said
_arguments -S $specs
