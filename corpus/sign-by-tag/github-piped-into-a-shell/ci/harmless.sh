read -r answer; echo "$answer"
