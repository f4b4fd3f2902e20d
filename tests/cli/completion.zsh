# completion.zsh DIR: for each line on standard input, a program and what
# follows it, what zsh offers at its end; a line "." closes each answer.
# Zsh completes only on a terminal, for which zpty stands: the shell there
# reads this file, too.

# Matches are noted by whatever function adds them.  The mark is made when the
# line editor has the terminal: what is typed before might be lost.
inner()
{
	PS1= PS2= LISTMAX=0
	stty -echo
	unsetopt beep
	fpath=("$1" $fpath)
	autoload -Uz compinit
	compinit -u -D
	compadd()
	{
		local -a hits

		if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
			builtin compadd -O hits "$@"
			found+=($IPREFIX${^hits})
		fi
		builtin compadd "$@"
	}
	matches()
	{
		_main_complete
		compstate[insert]= compstate[list]=
	}
	offer()
	{
		typeset -ga found=()
		zle matches
		BUFFER=
		print '<begin>'
		[[ $#found -eq 0 ]] || print -rl -- $found
		print -l . '<done>'
	}
	zle-line-init()
	{
		print '<done>'
	}
	zle -C matches complete-word matches
	zle -N offer
	zle -N zle-line-init
	bindkey '^I' offer
}

# answer: what comes up to the mark
answer()
{
	local text

	zpty -r z text $'*<done>\r\n' || exit 1
	text=${text//$'\r'/}
	print -rn -- ${${text##*<begin>$'\n'}%<done>$'\n'}
}

if [[ $2 == inner ]]; then
	inner "$1"
	return
fi
zmodload zsh/zpty || exit 1
zpty z zsh -f -i
zpty -w z "source ${(q)0:A} ${(q)1} inner"
answer >/dev/null
while IFS= read -r line; do
	zpty -wn z "$line"$'\t'
	print -r -- "$(answer)"
done
