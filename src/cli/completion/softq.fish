function __softq_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found (softq complete -- $words[2..-1] 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c softq -f -a '(__softq_complete)'
