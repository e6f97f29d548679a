# SPDX-License-Identifier: Apache-2.0
#
# penstock.bash: completion for bash.
# shellcheck shell=bash

_penstock() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command='' option='' word i
  COMPREPLY=()

  # The command, and the last option before the cursor.
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    case $word in
      run | replay | check | plugin) [[ -n $command ]] || command=$word ;;
      new | list | why | inspect | doc | verify | keygen | sign | trust | revoke | test)
        [[ $command != plugin ]] || command="plugin $word"
        ;;
      -*) option=$word ;;
    esac
  done

  # --option=value comes as three words.
  if [[ $current == '=' ]]; then current=''; fi
  if [[ $previous == '=' ]]; then previous=${COMP_WORDS[COMP_CWORD - 2]}; fi
  case $previous in
    -f | --format)
      mapfile -t COMPREPLY < <(compgen -W 'auto ndjson text' -- "$current")
      return
      ;;
    --progress)
      mapfile -t COMPREPLY < <(compgen -W 'auto never always' -- "$current")
      return
      ;;
    --stop-timeout)
      mapfile -t COMPREPLY < <(compgen -W '1s 10s 1m' -- "$current")
      return
      ;;
    --builtin)
      mapfile -t COMPREPLY < <(compgen -W 'console file null webhook' -- "$current")
      return
      ;;
    -c | --config | -r | --report | -i | --input | --options-file | --junit)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
  esac

  if [[ $current != -* ]]; then
    # --input takes any number of files.
    if [[ $option == -i || $option == --input ]]; then
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
    fi
    if [[ -z $command ]]; then
      mapfile -t COMPREPLY < <(compgen -W 'run replay check plugin' -- "$current")
      return
    fi
    case $command in
      plugin)
        mapfile -t COMPREPLY < <(
          compgen -W 'new list why inspect doc verify keygen sign trust revoke test' -- "$current"
        )
        return
        ;;
      'plugin trust')
        if [[ $previous == trust ]]; then
          mapfile -t COMPREPLY < <(compgen -W 'add list remove' -- "$current")
          return
        fi
        ;;
    esac
    if [[ $command == 'plugin '* ]]; then
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
    fi
  fi

  local options
  case $command in
    run)
      options='--config --input --format --report --stop-timeout --progress --quiet --help'
      ;;
    replay) options='--config --report --stop-timeout --progress --quiet --help' ;;
    check) options='--config --help' ;;
    'plugin new') options='--id --directory --help' ;;
    'plugin list' | 'plugin why') options='--config --plugin-dir --help' ;;
    'plugin doc') options='--help' ;;
    'plugin inspect') options='--check --help' ;;
    'plugin verify') options='--trust --revoked --help' ;;
    'plugin keygen') options='--output --no-password --password-file --help' ;;
    'plugin sign') options='--key --serial --password-file --help' ;;
    'plugin trust') options='--ids --label --trust --help' ;;
    'plugin test')
      options='--builtin --case --list --options --options-file --component --junit --bench --timeout --help'
      ;;
    'plugin revoke') options='--key --file --version --reason --revoked --help' ;;
    *) options='--help --version' ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
}

complete -F _penstock penstock
