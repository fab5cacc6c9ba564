export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** Lines to type once, so that every new shell completes. */
export const INSTALL: Readonly<Record<Shell, string>> = {
  bash: `echo 'source <(cjm-ctl completion bash)' >> ~/.bashrc`,
  zsh: `echo 'source <(cjm-ctl completion zsh)' >> ~/.zshrc   # below the line with compinit`,
  fish: "cjm-ctl completion fish > ~/.config/fish/completions/cjm-ctl.fish",
};

/**
 * Scripts that ask `cjm-ctl __complete -- WORD...` for what the last word may become: a candidate per line, after a tab what it
 * is. Where it has no answer the shell completes names of files. A candidate that ends with `=` goes on without a space.
 */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# Completion of cjm-ctl for bash. To install it: ${INSTALL.bash}
_cjm_ctl() {
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f 1))
  if [[ \${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o default -F _cjm_ctl cjm-ctl
`,
  zsh: `#compdef cjm-ctl
# Completion of cjm-ctl for zsh. To install it: ${INSTALL.zsh}
_cjm_ctl() {
  local -a whole open
  local value text
  while IFS=$'\\t' read -r value text; do
    if [[ $value == *= ]]; then
      open+=("\${value//:/\\\\:}:$text")
    else
      whole+=("\${value//:/\\\\:}:$text")
    fi
  done < <("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#whole} + \${#open} == 0 )); then
    _files
    return
  fi
  (( \${#whole} )) && _describe value whole
  (( \${#open} )) && _describe value open -S ''
}
compdef _cjm_ctl cjm-ctl
`,
  fish: `# Completion of cjm-ctl for fish. To install it: ${INSTALL.fish}
function __cjm_ctl_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found (command $words[1] __complete -- $words[2..] 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c cjm-ctl -f -a '(__cjm_ctl_complete)'
`,
};
