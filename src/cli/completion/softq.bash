_softq() {
  local IFS=$'\n'
  COMPREPLY=($(softq complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _softq softq
