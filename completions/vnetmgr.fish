# fish completion for vnetmgr.
#
# vnetmgr itself reads the command as far as the cursor and says what may stand there; fish quotes
# it. Nothing of the command is evaluated, and no file of the working directory is offered but where
# a file is meant.

function __vnetmgr_ask
    set -g __vnetmgr_answer (_VNETMGR_COMPLETE=fish vnetmgr (commandline -cp | string collect) 2>/dev/null)
    # Where a file is meant, fish itself goes on.
    not contains -- "$__vnetmgr_answer[1]" files folders
end

complete -c vnetmgr -e
complete -c vnetmgr -n __vnetmgr_ask -f -a '$__vnetmgr_answer[2..-1]'
