# bash completion for vnetmgr.
#
# vnetmgr itself reads the line as far as the cursor and says what may stand there, quoted as it has
# to be. Nothing of the line is evaluated, and no file of the working directory is offered but where
# a file is meant. Works with and without the package bash-completion.

_vnetmgr() {
    local program=${1-vnetmgr} answer
    local line=${COMP_LINE-${COMP_WORDS[*]}} breaks=${COMP_WORDBREAKS-$' \t\n"\'@><=;|&(:'}
    program=${program/#\~\//"$HOME"/}
    # By an alias, or by a name with a variable in it: the one of PATH then.
    [[ ${program##*/} == vnetmgr ]] && type -P -- "$program" >/dev/null 2>&1 || program=vnetmgr
    COMPREPLY=()
    answer=$(_VNETMGR_COMPLETE=bash "$program" \
        "$line" "${COMP_POINT-${#line}}" "$breaks" 2>/dev/null) || return 0
    mapfile -t COMPREPLY <<<"$answer"
    case ${COMPREPLY[0]} in
        more) compopt -o nospace 2>/dev/null ;;
        files) compopt -o default 2>/dev/null ;;
        folders) compopt -o dirnames 2>/dev/null ;;
    esac
    COMPREPLY=("${COMPREPLY[@]:1}")
}

complete -F _vnetmgr vnetmgr
