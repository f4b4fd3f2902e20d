# completion.bash DIR: for each line on standard input, a program and what
# follows it, what bash offers at its end; a line "." closes each answer.

# What is left to bash: names of files and directories.
compopt()
{
	[[ $2 == nospace ]] || echo "$2"
}

# split LINE: into words as bash does; a word in quotes is the last
split()
{
	local quoted=

	if [[ $1 == *[\'\"]* ]]; then
		quoted=${1#"${1%%[\'\"]*}"}
	fi
	read -ra COMP_WORDS <<<"${1%"$quoted"}"
	[[ -z $quoted && $1 != *' ' ]] || COMP_WORDS+=("$quoted")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMP_LINE=$1
	COMP_POINT=${#1}
}

for file in "$1"/flow*[!h]; do
	. "$file" || exit 1
done
while IFS= read -r line; do
	split "$line"
	"_${line%% *}"
	[[ ${#COMPREPLY[@]} -eq 0 ]] || printf '%s\n' "${COMPREPLY[@]}"
	echo .
done
