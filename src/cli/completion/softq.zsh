#compdef softq
_softq() {
  local -a found
  found=(${(f)"$(softq complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -a found || _files
}
compdef _softq softq
